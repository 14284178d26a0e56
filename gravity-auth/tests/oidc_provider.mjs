// A provider of OpenID Connect on loopback (npm oidc-provider), and the browser of somebody who signs in there.
//
// Arguments: the folder with node_modules, and where browsers may come back to. Standard output: a line with the issuer; then, for each line of standard
// input with an address, a line with the parameters that the browser came back with.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// Its notices would be taken for answers.
console.info = console.error;
const entry = `${process.argv[2]}/node_modules/oidc-provider/lib/index.js`;
const { default: Provider } = await import(pathToFileURL(entry));
const callbacks = process.argv.slice(3);

const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: ["client_secret_basic", "client_secret_post"].map((method) => ({
    client_id: method,
    client_secret: "a secret: with % and +",
    redirect_uris: callbacks,
    token_endpoint_auth_method: method,
  })),
  claims: { email: ["email", "email_verified"], profile: ["name", "picture"] },
  cookies: { keys: ["only for tests"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, name: "Ada" }),
  }),
});
server.on("request", provider.callback());
console.log(issuer);

for await (const start of createInterface({ input: process.stdin })) {
  const jar = new Map();
  let [url, form] = [start, null];
  for (let step = 0; step < 20 && !callbacks.some((callback) => url.startsWith(callback)); step += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const method = form ? "POST" : "GET";
    const answer = await fetch(url, { method, body: form, headers: { cookie }, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      value ? jar.set(name, value) : jar.delete(name);
    }
    const location = answer.headers.get("location");
    const page = await answer.text();
    if (location) {
      [url, form] = [new URL(location, url).href, null];
    } else {
      const prompt = page.match(/name="prompt" value="(\w+)"/)?.[1];
      if (!prompt) throw new Error(`${answer.status} ${page}`);
      url = new URL(page.match(/action="([^"]+)"/)[1], url).href;
      form = new URLSearchParams({ prompt, login: "ada", password: "any" });
    }
  }
  console.log(JSON.stringify(Object.fromEntries(new URL(url).searchParams)));
}
