-- Replaces sessions, all or none.
-- KEYS: when each runs out; then two for each session, its text and the list of its user; then lists.
-- ARGV: how many sessions, how many lists; then four for each session: its id, the text that it must have, the text
-- that it gets, and when it runs out then, where '' is no text; then for each list how many stand in it, and which.
-- Answers whether all of it was so, and is done.
local sessions, lists = tonumber(ARGV[1]), tonumber(ARGV[2])

for session = 1, sessions do
    local text = redis.call('GET', KEYS[session * 2]) or ''
    if text ~= ARGV[session * 4] then
        return 0
    end
end

local at = sessions * 4 + 3
for list = 1, lists do
    local key, members = KEYS[sessions * 2 + 1 + list], tonumber(ARGV[at])
    if redis.call('SCARD', key) ~= members then
        return 0
    end
    for member = at + 1, at + members do
        if redis.call('SISMEMBER', key, ARGV[member]) == 0 then
            return 0
        end
    end
    at = at + members + 1
end

for session = 1, sessions do
    local key, list = KEYS[session * 2], KEYS[session * 2 + 1]
    local id, text, idle = ARGV[session * 4 - 1], ARGV[session * 4 + 1], ARGV[session * 4 + 2]
    if text == '' then
        redis.call('DEL', key)
        redis.call('SREM', list, id)
        redis.call('ZREM', KEYS[1], id)
    else
        redis.call('SET', key, text)
        redis.call('SADD', list, id)
        redis.call('ZADD', KEYS[1], idle, id)
    end
end
return 1
