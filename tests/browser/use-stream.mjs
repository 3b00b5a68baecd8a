// React's `useStream` in a browser, against a live server of another origin: one JSON line a check.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { build } from "esbuild";
import { browser, run, until, watched } from "./browsing.mjs";

const [, , , api, apiKey] = process.argv;
const HTML = '<!doctype html><html lang="en"><title>Chat</title><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/chat.js"></script>';

const bundled = await build({
  entryPoints: ["page/chat.jsx"], bundle: true, write: false, format: "esm", jsx: "automatic", logLevel: "error", minify: true,
  define: { "process.env.NODE_ENV": '"production"' },
});
const files = { "/": ["text/html", HTML], "/chat.js": ["text/javascript", bundled.outputFiles[0].text] };
const pages = createServer((request, response) => {
  const [type, body] = files[new URL(request.url, "http://page").pathname];
  response.writeHead(200, { "content-type": type }).end(body);
});
await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${pages.address().port}`;

async function asking(path) {
  return (await fetch(`${api}${path}`)).json();
}

/** One person before one chat. */
class Chat {
  constructor(page, seen) {
    Object.assign(this, { page, seen });
    this.status = page.getByRole("status");
    this.answers = page.locator("li.ai .text");
    this.alert = page.getByRole("alert");
    this.question = page.getByLabel("Question");
  }

  get thread() {
    return new URL(this.page.url()).searchParams.get("thread");
  }

  press(name) {
    return this.page.getByRole("button", { name, exact: true }).click();
  }

  list(label) {
    return this.page.getByRole("list", { name: label }).getByRole("listitem");
  }

  async values() {
    return JSON.parse(await this.page.getByLabel("Values").textContent());
  }

  async begins() {
    await this.press("Send");
    await until(async () => (await this.status.textContent()) === "busy");
  }

  async rests() {
    await until(async () => (await this.status.textContent()) === "at rest", "it is still busy");
  }

  async saying(...texts) {
    await until(async () => JSON.stringify(await this.answers.allTextContents()) === JSON.stringify(texts)).catch(
      async () => assert.deepEqual(await this.answers.allTextContents(), texts),
    );
  }
}

async function chatting(kind, graph, input, body, { key, complaints = [] } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const seen = watched(page);
  const address = new URL(origin);
  const asked = { ...kind, graph, input: JSON.stringify(input), api, ...(key && { key }) };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  try {
    await page.goto(String(address));
    await body(new Chat(page, seen));
    const origins = [...seen.origins].map((each) => each.replace(/^ws:/, "http:"));
    assert.deepEqual(new Set(origins), new Set([origin, api]));
    assert.deepEqual(seen.troubles.filter((each) => !complaints.some((one) => one.test(each))), []);
  } catch (raised) {
    throw new Error(`${raised.stack}\n${seen.troubles.join("\n")}\n${await page.locator("body").innerText()}`);
  } finally {
    await context.close();
  }
}

const tokens = (count) => Array.from({ length: count }, (_, index) => `t${index} `).join("");
const hello = { type: "human", content: "hello" };
const talk = (count, delay) => ({ messages: [hello], tokens: count, delay });

function growing(renderings, whole) {
  for (const [index, shown] of renderings.entries()) {
    assert.ok(whole.startsWith(shown), `${JSON.stringify(shown)} is no beginning of the answer`);
    assert.ok(index === 0 || shown.length >= renderings[index - 1].length, "an answer became shorter");
  }
}

const scenarios = {
  "an answer grows token by token": async (kind) =>
    chatting(kind, "chat", talk(12, 0.08), async (chat) => {
      await chat.begins();
      await chat.saying(tokens(12));
      await chat.rests();
      const shown = await chat.page.evaluate(() => window.renderings);
      growing(shown, tokens(12));
      assert.ok(new Set(shown).size >= 4, `only ${new Set(shown).size} steps were seen`);
      assert.equal((await chat.values()).messages.length, 2);
    }),

  "a question is shown and answered": async (kind) =>
    chatting(kind, "approval", { log: [] }, async (chat) => {
      await chat.press("Send");
      await until(async () => (await chat.question.count()) === 1, "nothing was asked");
      assert.equal(await chat.question.textContent(), '{"question":"send it?"}');
      await chat.page.getByLabel("Answer").fill("yes");
      await chat.press("Reply");
      await until(async () => (await chat.values()).log?.at(-1) === "answered yes", "the answer did not count");
      assert.equal(await chat.question.count(), 0);
      await chat.rests();
    }),

  "a tool call is shown": async (kind) =>
    chatting(kind, "toolbox", { messages: [hello] }, async (chat) => {
      await chat.press("Send");
      await until(async () => (await chat.list("Tools").allTextContents()).join() === "add finished", "no tool");
      await chat.rests();
    }),

  "a subgraph is shown": async (kind) =>
    chatting(kind, "chatting", talk(3, 0), async (chat) => {
      await chat.press("Send");
      await until(async () => (await chat.list("Subgraphs").allTextContents()).join() === "inner complete", "no subgraph");
      await chat.saying(tokens(3));
      await chat.rests();
    }),

  "a reload in the middle loses and doubles nothing": async (kind) =>
    chatting(kind, "chat", talk(150, 0.05), async (chat) => {
      await chat.begins();
      await until(async () => (await chat.answers.allTextContents()).join().includes("t8 "));
      await chat.page.reload();
      await until(async () => (await chat.status.textContent()) === "busy", "it was not joined again");
      await chat.saying(tokens(150));
      await chat.rests();
      const shown = await chat.page.evaluate(() => window.renderings);
      growing(shown, tokens(150));
      assert.ok(new Set(shown).size >= 4, `only ${new Set(shown).size} steps were seen after the reload`);
    }),

  "a run is stopped": async (kind) =>
    chatting(kind, "steps", { steps: 100, seconds: 0.2 }, async (chat) => {
      await chat.begins();
      await until(async () => (await chat.values()).done?.length > 1, "no step was taken");
      await chat.press("Stop");
      await chat.rests();
      await until(async () => (await asking(`/threads/${chat.thread}/runs`))[0].status === "interrupted", "it runs on");
    }),

  "an error of the graph is shown": async (kind) =>
    chatting(kind, "failing", { how: "spoken" }, async (chat) => {
      await chat.press("Send");
      await until(async () => (await chat.alert.count()) === 1, "no error is shown");
      assert.match(await chat.alert.textContent(), /boom!/);
      await chat.rests();
    }, { complaints: [/boom!/] }),

  "threads are switched": async (kind) =>
    chatting(kind, "chat", talk(2, 0), async (chat) => {
      await chat.press("Send");
      await chat.saying(tokens(2));
      await chat.rests();
      const first = chat.thread;
      await chat.press("New thread");
      await chat.saying();
      await chat.page.getByLabel("Input").fill(JSON.stringify(talk(3, 0)));
      await chat.press("Send");
      await chat.saying(tokens(3));
      await chat.rests();
      assert.notEqual(chat.thread, first);
      await chat.page.getByLabel("Thread").fill(first);
      await chat.saying(tokens(2));
    }),

  "a message is edited, an answer made anew": async (kind) =>
    chatting(kind, "chat", talk(2, 0), async (chat) => {
      await chat.press("Send");
      await chat.saying(tokens(2));
      await chat.rests();
      await chat.page.getByLabel("Input").fill(JSON.stringify(talk(4, 0)));
      await chat.press("Edit");
      await chat.saying(tokens(4));
      await chat.rests();
      assert.equal(await chat.page.locator("li.human .text").textContent(), "edited");
      const before = await chat.page.evaluate(() => window.renderings.length);
      await chat.press("Regenerate");
      await until(async () => (await chat.page.evaluate(() => window.renderings.length)) > before);
      await chat.rests();
      await chat.saying(tokens(4));
      assert.equal((await asking(`/threads/${chat.thread}/runs`)).length, 3);
      if (kind.hook !== "legacy") return;
      await chat.page.locator("li.human").getByRole("button", { name: "Branch 1" }).click();
      await chat.saying(tokens(2));
    }),
};

const behindKeys = {
  "a key in the header opens": async (kind) =>
    chatting(kind, "chat", talk(3, 0), async (chat) => {
      await chat.press("Send");
      await chat.saying(tokens(3));
      await chat.rests();
    }, { key: apiKey }),

  "without a key the refusal is shown": async (kind) =>
    chatting(kind, "chat", talk(3, 0), async (chat) => {
      await chat.press("Send");
      await until(async () => (await chat.alert.count()) === 1, "no error is shown");
      assert.match(await chat.alert.textContent(), /401/);
      await chat.rests();
    }, { complaints: [/401/] }),
};

const sse = { hook: "v2", transport: "sse" };
const websocket = { hook: "v2", transport: "websocket" };
const legacy = { hook: "legacy", transport: "runs" };

const checks = (found, kind) => Object.fromEntries(
  Object.entries(found).map(([name, scenario]) => [`${name} (${kind.hook}, ${kind.transport})`, () => scenario(kind)]),
);
// A browser's websocket has no headers to put a key into.
await run(apiKey
  ? [sse, legacy].map((kind) => checks(behindKeys, kind))
  : [sse, websocket, legacy].map((kind) => checks(scenarios, kind)));
