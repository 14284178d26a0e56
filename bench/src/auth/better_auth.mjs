// better-auth behind Node's own server, as its documentation says for production: the cookie cache is on (its guide to
// performance), limits and telemetry are off, and SQLite writes ahead and syncs as ours does.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";

const [, , url] = process.argv;

async function open() {
  if (url.startsWith("postgres")) {
    const { Pool } = (await import("pg")).default;
    return { database: new Pool({ connectionString: url, max: 10 }), driver: "pg" };
  }
  const file = url.replace("sqlite://", "");
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000");
  return { database, driver: "node:sqlite" };
}

const { database, driver } = await open();
let handler;
const server = createServer((request, response) => handler(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const options = {
  baseURL: `http://127.0.0.1:${port}`,
  secret: "a secret of the benchmark, of more than 32 characters",
  database,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  experimental: { instrumentation: { enabled: false } },
  logger: { level: "error" },
  // With an age of 0 each call that does not forbid it extends the session: that is its refresh.
  session: { updateAge: 0, cookieCache: { enabled: true, maxAge: 5 * 60 } },
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
handler = toNodeHandler(betterAuth(options));
server.keepAliveTimeout = 600_000;
console.log(`127.0.0.1:${port} Node ${process.versions.node}, ${driver}`);
