-- KEYS[1]: the buckets of a key, "whole:parts" of the time at which each is full, separated by spaces.
-- ARGV[1]: 1 check, 2 peek, 3 charge, 4 refund; then six numbers a quota: the parts of a microsecond,
-- what a whole bucket takes (whole, parts), whether there is ever as much as is asked for, and what that takes.
-- Answers three numbers a quota: whether it allows, and what is owed then (whole, parts).
local action = tonumber(ARGV[1])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local held = {}
for whole, part in string.gmatch(redis.call('GET', KEYS[1]) or '', '(%d+):(%d+)') do
    held[#held + 1] = { tonumber(whole), tonumber(part) }
end

local function exceeds(whole, part, other_whole, other_part)
    return whole > other_whole or (whole == other_whole and part > other_part)
end

local quotas = (#ARGV - 1) / 6
local allowed = true
local owed, answer = {}, {}
for quota = 1, quotas do
    local at = (quota - 1) * 6 + 1
    local parts = tonumber(ARGV[at + 1])
    local full_whole, full_part = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    local ever = ARGV[at + 4] == '1'
    local cost_whole, cost_part = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])

    local whole, part = 0, 0
    if held[quota] then
        whole, part = held[quota][1] - now, held[quota][2]
        if whole < 0 then
            whole, part = 0, 0
        elseif exceeds(whole, part, full_whole, full_part) then
            -- The clock was set back.
            whole, part = full_whole, full_part
        end
    end

    local more_whole, more_part = whole + cost_whole, part + cost_part
    if more_part >= parts then
        more_whole, more_part = more_whole + 1, more_part - parts
    end
    local fits = ever and not exceeds(more_whole, more_part, full_whole, full_part)
    if action == 4 then
        if ever then
            whole, part = whole - cost_whole, part - cost_part
            if part < 0 then
                whole, part = whole - 1, part + parts
            end
        end
        if whole < 0 or not ever then
            whole, part = 0, 0
        end
        fits = true
    elseif fits and action ~= 2 then
        whole, part = more_whole, more_part
    elseif action == 3 then
        whole, part = full_whole, full_part
    end
    allowed = allowed and fits
    owed[quota] = { whole, part }
    answer[#answer + 1] = fits and 1 or 0
    answer[#answer + 1] = whole
    answer[#answer + 1] = part
end

if action == 3 or action == 4 or (action == 1 and allowed) then
    local times, longest = {}, -1
    for quota = 1, quotas do
        local whole, part = owed[quota][1], owed[quota][2]
        times[quota] = string.format('%.0f:%.0f', now + whole, part)
        if whole > 0 or part > 0 then
            longest = math.max(longest, whole)
        end
    end
    if longest < 0 then
        redis.call('DEL', KEYS[1])
    else
        local milliseconds = math.floor(longest / 1000) + 1
        redis.call('SET', KEYS[1], table.concat(times, ' '), 'PX', string.format('%.0f', milliseconds))
    end
end
return answer
