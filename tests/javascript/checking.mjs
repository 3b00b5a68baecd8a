// What the scripts share: a client that notes which methods are called, and one JSON line a check.

import assert from "node:assert/strict";
import { Client } from "@langchain/langgraph-sdk";

const called = new Set();

export const client = new Client({ apiUrl: process.argv[2], apiKey: null, callerOptions: { maxRetries: 0 } });

export function noting(name) {
  return new Proxy(client[name], {
    get(resource, method) {
      called.add(`${name}.${String(method)}`);
      const found = resource[method];
      return typeof found === "function" ? found.bind(resource) : found;
    },
  });
}

export async function until(condition) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it did not happen in time");
}

function uncalled(name) {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(client[name]));
  return methods.filter((method) => method !== "constructor" && !called.has(`${name}.${method}`));
}

export async function run(checks, names, { except = [] } = {}) {
  for (const name of names) {
    const left = except.filter((method) => method.startsWith(`${name}.`)).map((method) => method.split(".")[1]);
    checks[`every method of ${name} was called`] = async () => assert.deepEqual(uncalled(name), left);
  }
  for (const [check, body] of Object.entries(checks)) {
    let error = null;
    try {
      await body();
    } catch (raised) {
      error = String(raised?.stack ?? raised);
    }
    console.log(JSON.stringify({ check, error }));
  }
  console.log(JSON.stringify({ checks: Object.keys(checks).length }));
  process.exit(0);
}
