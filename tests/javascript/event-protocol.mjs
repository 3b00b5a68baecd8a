// The event protocol of the JavaScript SDK, over both transports, against a live server: one JSON line a check.

import assert from "node:assert/strict";
import { client, run, until } from "./checking.mjs";

async function collect(stream) {
  const found = [];
  for await (const one of stream) found.push(one);
  return found;
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

await run(checks, []);
