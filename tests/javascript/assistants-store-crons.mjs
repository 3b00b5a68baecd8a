// Every method of the assistants, store and crons clients of the JavaScript SDK against a live server.

import assert from "node:assert/strict";
import { client, noting, run } from "./checking.mjs";

const assistants = noting("assistants");
const store = noting("store");
const crons = noting("crons");

const checks = {};
const yearly = { schedule: "0 0 1 1 *", input: { said: "hi" } };

const mark = () => crypto.randomUUID();
const keys = (found) => found.items.map((item) => item.key);
const ids = (found) => found.map((one) => one.cron_id ?? one.assistant_id);

checks["assistants.create, get"] = async () => {
  const made = await assistants.create({
    graphId: "echo", name: "Speaker", description: "It speaks", metadata: { a: 1 }, config: { configurable: { b: 2 } },
  });
  assert.deepEqual(await assistants.get(made.assistant_id), made);
  assert.deepEqual([made.graph_id, made.name, made.description, made.version], ["echo", "Speaker", "It speaks", 1]);
  assert.deepEqual([made.metadata, made.config.configurable, made.context], [{ a: 1 }, { b: 2 }, { b: 2 }]);
  const again = { graphId: "echo", assistantId: made.assistant_id };
  assert.deepEqual(await assistants.create({ ...again, ifExists: "do_nothing" }), made);
  await assert.rejects(assistants.create(again), /409/);
  await assert.rejects(assistants.create({ graphId: "nope" }), /404|422/);
};

checks["assistants.update, getVersions, setLatest"] = async () => {
  const { assistant_id: id } = await assistants.create({ graphId: "echo", name: "One", metadata: { a: 1 } });
  const second = await assistants.update(id, { name: "Two", metadata: { b: 2 }, description: "Changed" });
  assert.deepEqual([second.name, second.version, second.metadata], ["Two", 2, { a: 1, b: 2 }]);
  const versions = await assistants.getVersions(id);
  assert.deepEqual(versions.map((version) => [version.version, version.name]), [[2, "Two"], [1, "One"]]);
  assert.equal((await assistants.getVersions(id, { limit: 1, offset: 1 }))[0].version, 1);
  assert.equal((await assistants.getVersions(id, { metadata: { b: 2 } })).length, 1);
  const back = await assistants.setLatest(id, 1);
  assert.deepEqual([back.name, back.version, back.metadata], ["One", 1, { a: 1 }]);
  await assert.rejects(assistants.setLatest(id, 9), /404/);
};

checks["assistants.search, count"] = async () => {
  const metadata = { mark: mark() };
  const made = [];
  for (const name of ["Beta", "Alpha", "Gamma"]) made.push(await assistants.create({ graphId: "echo", name, metadata }));
  const byName = { metadata, sortBy: "name", sortOrder: "asc" };
  assert.deepEqual((await assistants.search(byName)).map((one) => one.name), ["Alpha", "Beta", "Gamma"]);
  assert.deepEqual(ids(await assistants.search({ metadata, name: "amm", graphId: "echo" })), [made[2].assistant_id]);
  assert.deepEqual(await assistants.search({ ...byName, limit: 1, select: ["name"] }), [{ name: "Alpha" }]);
  const page = await assistants.search({ ...byName, limit: 2, includePagination: true });
  assert.deepEqual([page.assistants.length, page.next], [2, "2"]);
  const last = await assistants.search({ ...byName, limit: 2, offset: 2, includePagination: true });
  assert.deepEqual([last.assistants.length, last.next], [1, null]);
  assert.equal(await assistants.count({ metadata }), 3);
  assert.equal(await assistants.count({ metadata, name: "nobody" }), 0);
};

checks["assistants.getGraph, getSchemas, getSubgraphs"] = async () => {
  const { nodes, edges } = await assistants.getGraph("nested");
  assert.ok(nodes.some((node) => node.id === "__start__") && edges.length > 0);
  const inner = (drawn) => drawn.nodes.filter((node) => node.id.includes(":")).length;
  assert.equal(inner({ nodes }), 0);
  assert.ok(inner(await assistants.getGraph("nested", { xray: 1 })) > 0);
  const { assistant_id: id } = await assistants.create({ graphId: "nested" });
  const schemas = await assistants.getSchemas(id);
  assert.equal(schemas.graph_id, "nested");
  assert.equal(schemas.state_schema.type, "object");
  const subgraphs = await assistants.getSubgraphs(id, { recurse: true });
  const [namespace] = Object.keys(subgraphs);
  assert.deepEqual(Object.keys(await assistants.getSubgraphs(id, { namespace })), [namespace]);
};

checks["assistants.delete"] = async () => {
  const { assistant_id: id } = await assistants.create({ graphId: "echo" });
  const { thread_id: thread } = await client.threads.create();
  await client.runs.wait(thread, id, { input: { said: 1 } });
  await assistants.delete(id, { deleteThreads: true });
  await assert.rejects(assistants.get(id), /404/);
  await assert.rejects(client.threads.get(thread), /404/);
};

checks["store.putItem, getItem, deleteItem"] = async () => {
  const root = mark();
  await store.putItem([root, "b"], "k", { x: 1 });
  await store.putItem([root, "b"], "k", { x: 2 }, { index: false, ttl: 5 });
  const item = await store.getItem([root, "b"], "k", { refreshTtl: true });
  assert.deepEqual([item.namespace, item.key, item.value], [[root, "b"], "k", { x: 2 }]);
  assert.ok(item.createdAt < item.updatedAt);
  await store.deleteItem([root, "b"], "k");
  assert.equal(await store.getItem([root, "b"], "k"), null);
  await assert.rejects(store.putItem([root, ""], "k", {}), /422/);
};

checks["store.searchItems"] = async () => {
  const root = mark();
  for (let n = 0; n < 4; n += 1) await store.putItem([root, n % 2 ? "odd" : "even"], `k${n}`, { n });
  assert.deepEqual(keys(await store.searchItems([root])), ["k0", "k1", "k2", "k3"]);
  assert.deepEqual(keys(await store.searchItems([root, "odd"])), ["k1", "k3"]);
  assert.deepEqual(keys(await store.searchItems([root], { limit: 2, offset: 1 })), ["k1", "k2"]);
  assert.deepEqual(keys(await store.searchItems([root], { filter: { n: { $gte: 2 } }, refreshTtl: false })), ["k2", "k3"]);
};

checks["store.listNamespaces"] = async () => {
  const root = mark();
  for (const labels of [["b"], ["a", "x"]]) await store.putItem([root, ...labels], "k", {});
  const listed = async (query) => (await store.listNamespaces({ prefix: [root], ...query })).namespaces;
  assert.deepEqual(await listed({}), [[root, "a", "x"], [root, "b"]]);
  assert.deepEqual(await listed({ suffix: ["x"] }), [[root, "a", "x"]]);
  assert.deepEqual(await listed({ maxDepth: 2, limit: 1, offset: 1 }), [[root, "b"]]);
};

checks["crons.create, createForThread, search, count"] = async () => {
  const metadata = { mark: mark() };
  const { thread_id: threadId } = await client.threads.create();
  const free = await crons.create("echo", { ...yearly, metadata, timezone: "Europe/Paris", onRunCompleted: "keep" });
  const bound = await crons.createForThread(threadId, "echo", { ...yearly, metadata, enabled: false });
  assert.deepEqual([free.thread_id, free.timezone, free.on_run_completed], [null, "Europe/Paris", "keep"]);
  assert.deepEqual([bound.thread_id, bound.enabled], [threadId, false]);
  const oldest = { metadata, sortBy: "created_at", sortOrder: "asc" };
  assert.deepEqual(ids(await crons.search(oldest)), [free.cron_id, bound.cron_id]);
  assert.deepEqual(ids(await crons.search({ ...oldest, limit: 1, offset: 1 })), [bound.cron_id]);
  assert.deepEqual(ids(await crons.search({ threadId })), [bound.cron_id]);
  assert.deepEqual(ids(await crons.search({ metadata, enabled: true })), [free.cron_id]);
  assert.deepEqual(await crons.search({ threadId, select: ["schedule"] }), [{ schedule: yearly.schedule }]);
  assert.equal(await crons.count({ metadata }), 2);
  assert.equal(await crons.count({ threadId, assistantId: bound.assistant_id }), 1);
  await assert.rejects(crons.create("echo", { ...yearly, schedule: "bogus" }), /422/);
  for (const cron of [free, bound]) await crons.delete(cron.cron_id);
};

checks["crons.update, delete"] = async () => {
  const { cron_id: id } = await crons.create("echo", yearly);
  const changed = await crons.update(id, { schedule: "0 12 * * *", enabled: false, endTime: "2099-01-01T00:00:00Z" });
  assert.deepEqual([changed.schedule, changed.enabled, changed.end_time.slice(0, 10)], ["0 12 * * *", false, "2099-01-01"]);
  await crons.delete(id);
  await assert.rejects(crons.delete(id), /404/);
};

await run(checks, ["assistants", "store", "crons"]);
