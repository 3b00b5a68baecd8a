// What the scripts share: a browser, what its pages asked for and complained about, and one JSON line a check.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const FLAGS = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync",
];

export const browser = await chromium.launch({ executablePath: process.argv[2], args: FLAGS });

/** Origins that a page asked, and what its console would show in red. */
export function watched(page) {
  const seen = { origins: new Set(), troubles: [] };
  page.on("request", (request) => seen.origins.add(new URL(request.url()).origin));
  page.on("websocket", (socket) => seen.origins.add(new URL(socket.url()).origin));
  page.on("console", (message) => {
    if (message.type() === "error") seen.troubles.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => seen.troubles.push(String(error.stack)));
  return seen;
}

export async function until(condition, told = "it did not happen in time") {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(told);
}

/** `rows` of checks side by side; those of one row in order. */
export async function run(rows) {
  const row = async (checks) => {
    for (const [check, body] of Object.entries(checks)) {
      let error = null;
      try {
        await body();
      } catch (raised) {
        error = String(raised?.stack ?? raised);
      }
      console.log(JSON.stringify({ check, error }));
    }
  };
  await Promise.all(rows.map(row));
  await browser.close();
  console.log(JSON.stringify({ checks: rows.flatMap(Object.keys).length }));
  process.exit(0);
}
