// The event protocol of the JavaScript SDK, over both transports, against a live server: one JSON line a check.

import assert from "node:assert/strict";
import { Client } from "@langchain/langgraph-sdk";

const client = new Client({ apiUrl: process.argv[2], apiKey: null, callerOptions: { maxRetries: 0 } });

async function collect(stream) {
  const found = [];
  for await (const one of stream) found.push(one);
  return found;
}

async function until(condition) {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it did not happen in time");
}

const scenarios = {
  "states and output": ["steps", async (thread) => {
    const states = collect(thread.values);
    await thread.run.start({ input: { steps: 2 } });
    assert.deepEqual(await thread.output, { steps: 2, done: [0, 1] });
    assert.deepEqual((await states).at(-1), { steps: 2, done: [0, 1] });
  }],
  "tokens of a message": ["chat", async (thread) => {
    const messages = collect(thread.messages);
    await thread.run.start({ input: { messages: [{ role: "user", content: "hi" }], tokens: 3 } });
    const [message] = await messages;
    assert.equal(await message.text, "t0 t1 t2 ");
  }],
  "a question and its answer": ["approval", async (thread) => {
    await thread.run.start({ input: { log: [] } });
    await until(() => thread.interrupts.length > 0);
    const [asked] = thread.interrupts;
    assert.deepEqual(asked.payload, { question: "send it?" });
    await thread.input.respond({ interrupt_id: asked.interruptId, namespace: asked.namespace, response: "yes" });
    await until(async () => (await client.threads.get(thread.threadId)).status === "idle");
    const { values } = await client.threads.getState(thread.threadId);
    assert.deepEqual(values, { log: ["drafted", "answered yes"] });
  }],
  "subgraphs": ["nested", async (thread) => {
    const found = collect(thread.subgraphs);
    await thread.run.start({ input: { path: [] } });
    await thread.output;
    assert.deepEqual((await found).map((handle) => handle.name), ["child"]);
  }],
  "tool calls": ["toolbox", async (thread) => {
    const calls = collect(thread.toolCalls);
    await thread.run.start({ input: { messages: [] } });
    const [call] = await calls;
    assert.equal(call.name, "add");
  }],
  "raw events of a channel": ["nested", async (thread) => {
    const subscription = await thread.subscribe(["updates", "custom"]);
    await thread.run.start({ input: { path: [] } });
    const methods = [];
    for await (const event of subscription) {
      methods.push(event.method);
      if (methods.length === 5) break;
    }
    assert.deepEqual(methods.sort(), ["custom", "custom", "updates", "updates", "updates"]);
  }],
};

const checks = {};
for (const transport of ["sse", "websocket"]) {
  for (const [name, [assistantId, check]] of Object.entries(scenarios)) {
    checks[`${name} (${transport})`] = async () => {
      const thread = client.threads.stream({ assistantId, transport });
      try {
        await check(thread);
      } finally {
        await thread.close();
      }
    };
  }
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  let error = null;
  try {
    await Promise.race([
      check(),
      new Promise((_, reject) => setTimeout(() => reject(new Error("it took too long")), 20_000).unref()),
    ]);
  } catch (raised) {
    error = String(raised?.stack ?? raised);
    failed += 1;
  }
  console.log(JSON.stringify({ check: name, error }));
}
console.log(JSON.stringify({ checks: Object.keys(checks).length }));
process.exit(failed ? 1 : 0);
