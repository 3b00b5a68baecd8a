// Every method of the threads and runs clients of the JavaScript SDK against a live server: one JSON line a check.

import assert from "node:assert/strict";
import { noting, run, until } from "./checking.mjs";

const threads = noting("threads");
const runs = noting("runs");

const checks = {};
const values = { steps: 3, done: [0, 1, 2] };
const steps = { input: { steps: 3 } };
const slow = { input: { steps: 200, seconds: 0.1 } };

async function thread(payload) {
  return (await threads.create(payload)).thread_id;
}

async function all(stream, enough = Infinity) {
  const parts = [];
  for await (const part of stream) {
    parts.push(part);
    if (parts.length >= enough) break;
  }
  return parts;
}

checks["threads.create, get"] = async () => {
  const made = await threads.create({ metadata: { a: 1 }, graphId: "echo", ttl: 60 });
  const shown = await threads.get(made.thread_id, { include: ["ttl"] });
  assert.deepEqual(made.metadata, { a: 1, graph_id: "echo" });
  assert.equal(shown.status, "idle");
  assert.equal(shown.ttl.ttl_minutes, 60);
  const again = await threads.create({ threadId: made.thread_id, ifExists: "do_nothing" });
  assert.equal(again.thread_id, made.thread_id);
  await assert.rejects(threads.create({ threadId: made.thread_id }), /409/);
};

checks["threads.create with supersteps"] = async () => {
  const made = await threads.create({
    graphId: "echo",
    supersteps: [{ updates: [{ values: { said: 1 }, asNode: "__start__" }] }],
  });
  assert.deepEqual((await threads.getState(made.thread_id)).values, { said: 1 });
};

checks["threads.update"] = async () => {
  const id = await thread({ metadata: { a: 1 } });
  assert.deepEqual((await threads.update(id, { metadata: { b: 2 } })).metadata, { a: 1, b: 2 });
  await threads.update(id, { metadata: { c: 3 }, returnMinimal: true });
  assert.deepEqual((await threads.get(id)).metadata, { a: 1, b: 2, c: 3 });
};

checks["threads.copy"] = async () => {
  const id = await thread();
  await runs.wait(id, "steps", steps);
  const copied = await threads.copy(id);
  assert.notEqual(copied.thread_id, id);
  assert.deepEqual((await threads.getState(copied.thread_id)).values, values);
};

checks["threads.search, count"] = async () => {
  const mark = crypto.randomUUID();
  const ids = [await thread({ metadata: { mark } }), await thread({ metadata: { mark } })];
  await runs.wait(ids[0], "approval", { input: {} });
  const found = await threads.search({ metadata: { mark }, limit: 10, sortBy: "created_at", sortOrder: "asc" });
  assert.deepEqual(found.map((one) => one.thread_id), ids);
  const [waiting] = await threads.search({
    metadata: { mark }, status: "interrupted", select: ["thread_id", "interrupts"], extract: { log: "values.log[0]" },
  });
  assert.equal(waiting.thread_id, ids[0]);
  assert.equal(waiting.extracted.log, "drafted");
  assert.equal(Object.values(waiting.interrupts).flat()[0].value.question, "send it?");
  assert.equal(await threads.count({ metadata: { mark } }), 2);
};

checks["threads.delete, prune"] = async () => {
  const ids = [await thread(), await thread()];
  await threads.delete(ids[0]);
  await assert.rejects(threads.get(ids[0]), /404/);
  assert.equal((await threads.prune(ids)).pruned_count, 1);
};

checks["threads.getState, updateState, getHistory"] = async () => {
  const id = await thread();
  await runs.wait(id, "steps", steps);
  const history = await threads.getHistory(id, { limit: 20 });
  assert.deepEqual(history.map((one) => one.metadata.step), [3, 2, 1, 0, -1]);
  const earlier = await threads.getState(id, history[1].checkpoint);
  assert.deepEqual(earlier.values.done, [0, 1]);
  assert.deepEqual(await threads.getState(id, history[1].checkpoint.checkpoint_id), earlier);
  const before = await threads.getHistory(id, { limit: 1, before: history[1].checkpoint });
  assert.deepEqual(before, [history[2]]);
  await threads.updateState(id, { values: { done: [9] }, asNode: "step", checkpoint: history[2].checkpoint });
  const forked = await threads.getState(id, undefined, { subgraphs: true });
  assert.deepEqual([forked.values.done, forked.next], [[0, 9], ["step"]]);
};

checks["threads.joinStream"] = async () => {
  const id = await thread();
  const run = await runs.create(id, "echo", { input: { said: 1 }, streamResumable: true });
  await runs.join(id, run.run_id);
  const parts = await all(threads.joinStream(id, { lastEventId: "-", streamMode: "lifecycle" }), 2);
  assert.deepEqual(parts.map((part) => part.event), ["metadata", "metadata"]);
  assert.deepEqual(parts[1].data, { status: "run_done", run_id: run.run_id });
};

checks["runs.create, get, list, join"] = async () => {
  const id = await thread();
  let created;
  const run = await runs.create(id, "steps", { ...steps, metadata: { m: 1 }, onRunCreated: (made) => { created = made; } });
  assert.deepEqual(await runs.join(id, run.run_id), values);
  assert.deepEqual(created, { run_id: run.run_id, thread_id: id });
  assert.equal((await runs.get(id, run.run_id)).status, "success");
  const listed = await runs.list(id, { limit: 5, status: "success" });
  assert.deepEqual(listed.map((one) => one.run_id), [run.run_id]);
  assert.equal(listed[0].metadata.m, 1);
};

checks["runs.wait"] = async () => {
  const id = await thread();
  assert.deepEqual(await runs.wait(id, "steps", steps), values);
  assert.deepEqual(await runs.wait(null, "steps", steps), values);
  await assert.rejects(runs.wait(id, "failing", { input: { how: "spoken" } }), /boom!/);
  const told = await runs.wait(id, "failing", { input: { how: "spoken" }, raiseError: false });
  assert.equal(told.__error__.error, "ValueError");
};

checks["runs.wait: interrupt and resume"] = async () => {
  const id = await thread();
  const asked = await runs.wait(id, "approval", { input: {} });
  assert.equal(asked.__interrupt__[0].value.question, "send it?");
  const done = await runs.wait(id, "approval", { command: { resume: "yes" } });
  assert.deepEqual(done, { log: ["drafted", "answered yes"] });
};

checks["runs.stream"] = async () => {
  const id = await thread();
  let created;
  const parts = await all(
    runs.stream(id, "steps", { ...steps, streamMode: ["values", "updates"], onRunCreated: (made) => { created = made; } }),
  );
  assert.equal(parts[0].event, "metadata");
  assert.equal(created.run_id, parts[0].data.run_id);
  assert.equal(created.thread_id, id);
  assert.deepEqual(parts.at(-1), { id: undefined, event: "values", data: values });
  const stateless = await all(runs.stream(null, "steps", steps));
  assert.deepEqual(stateless.at(-1).data, values);
};

checks["runs.stream: messages, subgraphs"] = async () => {
  const input = { messages: [{ role: "user", content: "hi" }], tokens: 3 };
  const chat = await all(runs.stream(null, "chat", { input, streamMode: "messages-tuple" }));
  const text = chat.filter((part) => part.event === "messages").map((part) => part.data[0].content);
  assert.equal(text.join(""), "t0 t1 t2 ");
  const nested = await all(runs.stream(null, "nested", { input: {}, streamMode: "updates", streamSubgraphs: true }));
  assert.ok(nested.some((part) => part.event.startsWith("updates|child:")));
};

checks["runs.joinStream"] = async () => {
  const id = await thread();
  const whole = await all(runs.stream(id, "steps", { ...steps, streamResumable: true }));
  const run = whole[0].data.run_id;
  assert.deepEqual(await all(runs.joinStream(id, run, { lastEventId: "-1" })), whole);
  assert.deepEqual(await all(runs.joinStream(id, run, { lastEventId: whole[2].id })), whole.slice(3));
  const shown = await all(runs.joinStream(id, run, { lastEventId: "-1", streamMode: ["values"] }));
  assert.deepEqual(shown, whole.filter((part) => part.event === "values"));
};

checks["runs.createBatch"] = async () => {
  const made = await runs.createBatch([{ assistantId: "echo", input: { said: 1 } }, { assistantId: "steps", ...steps }]);
  assert.deepEqual(made.map((run) => run.kwargs.input), [{ said: 1 }, { steps: 3 }]);
};

checks["runs.cancel"] = async () => {
  const id = await thread();
  const first = await runs.create(id, "steps", slow);
  await until(async () => (await runs.get(id, first.run_id)).status === "running");
  await runs.cancel(id, first.run_id, true);
  assert.equal((await runs.get(id, first.run_id)).status, "interrupted");
  const second = await runs.create(id, "steps", slow);
  await runs.cancel(id, second.run_id, true, "rollback");
  await until(async () => (await runs.list(id)).length === 1);
};

checks["runs.cancelMany"] = async () => {
  const id = await thread();
  const made = [await runs.create(id, "steps", slow), await runs.create(id, "steps", slow)];
  await runs.cancelMany({ threadId: id, runIds: made.map((run) => run.run_id) });
  await until(async () => (await runs.list(id)).every((run) => run.status === "interrupted"));
};

checks["runs.create: strategies, later"] = async () => {
  const id = await thread();
  const first = await runs.create(id, "steps", { ...slow, afterSeconds: 60 });
  await assert.rejects(runs.create(id, "echo", { input: {}, multitaskStrategy: "reject" }), /409/);
  const second = await runs.create(id, "echo", { input: { said: 1 }, multitaskStrategy: "interrupt", durability: "sync" });
  await runs.join(id, second.run_id);
  assert.equal((await runs.get(id, first.run_id)).status, "interrupted");
};

checks["runs.delete"] = async () => {
  const id = await thread();
  const run = await runs.create(id, "echo", { input: { said: 1 } });
  await runs.join(id, run.run_id);
  await runs.delete(id, run.run_id);
  await assert.rejects(runs.get(id, run.run_id), /404/);
};

checks["threads.patchState"] = async () => {
  // No server knows it; this one says so as the reference does.
  await assert.rejects(threads.patchState(await thread(), { a: 1 }), /405/);
};

// The stream of a thread as a protocol of its own has its own tests.
await run(checks, ["threads", "runs"], { except: ["threads.stream"] });
