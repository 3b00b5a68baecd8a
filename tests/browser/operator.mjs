// What an operator does in the admin at three in the morning, on every page: one JSON line a step.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { browser, run, until, watched } from "./browsing.mjs";

const [, , , url, told] = process.argv;
const { user, password, evil, threads, assistant, item } = JSON.parse(told);
const axe = await readFile("node_modules/axe-core/axe.min.js", "utf8");
const folder = process.env.SCREENSHOTS;

// What Django's own pages do not keep, where we cannot mend it.
const STOCK = {
  "label-title-only": /id="searchbar"/, // labelled by a picture, whose alternative text a reader hears
  label: /class="v(Date|Time)Field"/, // two boxes for one label
};
// Pages without our style sheet: those of Django and of django-celery-beat.
const FOREIGN = /\/admin\/(access|auth|django_celery_beat|password_change)\//;

const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: "UTC" });
await context.addInitScript(axe);
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const seen = watched(page);
const documents = [];
page.on("response", (response) => {
  if (response.request().resourceType() === "document" && response.status() === 200) documents.push(response);
});
page.on("dialog", (dialog) => seen.troubles.push(`a dialog: ${dialog.message()}`));

const home = () => page.goto(`${url}/admin/`);
const open = (name) => follow(page.getByRole("link", { name }).first());
const press = (name) => follow(page.getByRole("button", { name, exact: true }));
const shows = (text) => page.getByText(text).first().waitFor();
const row = () => page.locator("#result_list tbody tr").first();
const field = (name) => page.locator(`.field-${name}`).first();
const shot = (name) => folder && page.screenshot({ path: `${folder}/${name}.png`, caret: "initial" });

/** A click waits until the next page begins to arrive, but not for the rest of it. */
async function follow(link) {
  await link.click();
  await page.waitForLoadState();
}

/** What a run's page, or a delivery's, says of its state, once it says so. */
async function stands(name, wanted) {
  await until(async () => {
    await page.reload();
    return (await field(name).innerText()).includes(wanted);
  }, `it is not ${wanted}`);
}

async function reasoned(reason, button) {
  await page.getByLabel("Reason, for the log:").fill(reason);
  await inspected();
  await press(button);
}

const judged = new Set();

/** Nobody is kept out of this page: once for each kind, by light and in the dark. */
async function inspected() {
  const kind = new URL(page.url()).pathname.replaceAll(/[0-9a-f-]{36}/g, "…") + (await page.title()).split(" | ")[0].replaceAll(/[0-9a-f-]{36}/g, "…");
  if (judged.has(kind)) return;
  judged.add(kind);
  const found = await violations({ resultTypes: ["violations"] });
  await shone("dark");
  found.push(...(await violations({ resultTypes: ["violations"], runOnly: ["color-contrast"] })));
  await shone("light");
  assert.deepEqual(found, [], `${page.url()} keeps somebody out`);
  assert.equal(await page.getByRole("main").count(), 1, `${page.url()} has no landmark to skip to`);
}

async function shone(colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(() => document.getAnimations().forEach((each) => each.finish()));
}

async function violations(options) {
  const before = seen.troubles.length;
  const found = await page.evaluate((options) => globalThis.axe.run(document, options), options);
  // It writes styles of its own to measure with, which the policy refuses.
  seen.troubles.splice(before);
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .filter((each) => each.id !== "link-in-text-block" || !FOREIGN.test(page.url()))
    .map((each) => ({ rule: each.id, nodes: each.nodes.map((node) => node.html.slice(0, 200)) }))
    .filter(({ rule, nodes }) => !nodes.every((node) => STOCK[rule]?.test(node)));
}

/** The hostile text is there to read, and nothing came of it. */
async function harmless(hostile = evil) {
  const text = await page.locator("body").innerText();
  assert.ok(text.includes(hostile), `${page.url()} does not show the text`);
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  assert.notEqual(await page.title(), "taken over");
}

const steps = {
  "signs in with the keyboard alone": async () => {
    await home();
    await inspected();
    await page.reload();
    assert.equal(await page.locator(":focus").getAttribute("name"), "username");
    await page.keyboard.type(user);
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "How the installation stands" }).waitFor();
    await page.keyboard.press("Tab");
    const skip = page.locator(":focus");
    assert.equal(await skip.innerText(), "Skip to main content");
    assert.ok((await skip.boundingBox()).y >= 0, "one cannot see where one is");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN");
  },

  "sees how the installation stands": async () => {
    await home();
    for (const [section, line] of [
      ["Active runs", /^stuck in default: 1,/],
      ["Active runs", /^blocked in default: 1,/],
      ["Runs of the last hour that are over", /^failing: error: 1$/],
      ["Threads", /^wait for a person: 1$/],
      ["Webhooks", /^given up within a day: 1$/],
      ["Crons", /^fired late within a day: 1$/],
    ]) {
      await page.getByRole("region", { name: section, exact: true }).getByRole("listitem").filter({ hasText: line }).waitFor();
    }
    await inspected();
    await shot("home");
  },

  "finds the failing graph and reads its error": async () => {
    await open("failing: error");
    await inspected();
    await follow(row().getByRole("link").first());
    assert.match(await field("shown_error").innerText(), /boom!/);
    await inspected();
    await shot("error");
  },

  "sees why a run is blocked": async () => {
    await home();
    await open("blocked in default");
    await follow(row().getByRole("link").first());
    await inspected();
    await shot("blocked");
    await follow(field("blocked_by").getByRole("link"));
    assert.match(await field("graph_id").innerText(), /sleepy/);
  },

  "cancels the run that hangs before it": async () => {
    const hanging = page.url();
    await press("Cancel (interrupt)");
    await page.getByRole("heading", { name: "Cancel runs" }).waitFor();
    await reasoned("it sleeps", "Yes, cancel runs");
    await shows("1 of 1 runs cancelled, or told to stop.");
    await page.goto(hanging);
    await stands("shown_standing", "interrupted");
    assert.match(await field("cancel_reason").innerText(), /it sleeps/);
  },

  "requeues a run that a lost worker held": async () => {
    await home();
    await open("stuck in default");
    await row().getByRole("checkbox").check();
    await page.getByLabel("Action:").selectOption({ label: "Take back: give stuck runs to another worker now" });
    await inspected();
    await shot("stuck");
    await press("Go");
    await reasoned("its worker is gone", "Yes, take back");
    await shows("1 runs taken from their lost workers.");
    await page.goto(`${url}/admin/runs/run/?q=${threads.stuck}`);
    await follow(row().getByRole("link").first());
    await stands("shown_standing", "success");
  },

  "asks for the failed run again": async () => {
    await page.goto(`${url}/admin/runs/run/?status=error`);
    await row().getByRole("checkbox").check();
    await page.getByLabel("Action:").selectOption({ label: "Run again: ask for the same once more" });
    await press("Go");
    await reasoned("its reason was mended", "Yes, run again");
    await shows("1 of 1 runs admitted.");
  },

  "answers an approval": async () => {
    await home();
    await open("wait for a person");
    await inspected();
    await follow(row().getByRole("link").first());
    await inspected();
    await open("Answer");
    await shows("send it?");
    await page.getByLabel("Answer, as JSON:").fill('"yes"');
    await shot("answer");
    await reasoned("asked the editor", "Answer, and let it go on");
    await shows("The thread goes on.");
    await stands("shown_standing", "success");
  },

  "redelivers a webhook": async () => {
    await home();
    await open("given up within a day");
    await inspected();
    await follow(row().getByRole("link").first());
    assert.match(await page.locator("#attempts-group").innerText(), /410/);
    await harmless();
    await inspected();
    await shot("webhook");
    const delivery = page.url();
    await page.goBack();
    await row().getByRole("checkbox").check();
    await page.getByLabel("Action:").selectOption({ label: "Redeliver: try those that are over once more" });
    await press("Go");
    await shows("1 of 1 deliveries are due again.");
    await page.goto(delivery);
    await stands("shown_state", "delivered");
  },

  "finds yesterday's late cron": async () => {
    await home();
    await open("fired late within a day");
    assert.match(await row().innerText(), /2 h 0 min/);
    await inspected();
    await shot("late-cron");
    await follow(row().getByRole("link").first());
    await shows("At 03:00 AM");
    await harmless();
    await inspected();
  },

  "reads hostile text as text": async () => {
    const pages = [
      `threads/thread/${threads.hostile}/change/`,
      `threads/thread/${threads.hostile}/checkpoints/`,
      "assistants/assistant/",
      `assistants/assistant/${assistant}/change/`,
      `assistants/assistant/${assistant}/versions/`,
      "store/storednamespace/",
      `store/storednamespace/item/?${new URLSearchParams({ ns: item.namespace, key: item.key })}`,
    ];
    for (const each of pages) {
      await page.goto(`${url}/admin/${each}`);
      await page.locator("details").evaluateAll((found) => found.forEach((each) => { each.open = true; }));
      await harmless(each.endsWith("/storednamespace/") ? item.namespace : evil);
      await inspected();
    }
    await page.goto(`${url}/admin/${pages[1]}`);
    await follow(page.locator("#result_list a").first());
    await harmless();
    await inspected();
    await shot("checkpoint");
  },

  "opens everything else": async () => {
    const others = [
      `assistants/assistant/${assistant}/graph/`, "assistants/assistant/?q=nothing", "runs/run/", "threads/thread/", "crons/cron/",
      "crons/cronfiring/", "webhooks/delivery/", "access/apikey/", "access/apikey/add/", "auth/user/",
      "django_celery_beat/periodictask/", "password_change/",
    ];
    for (const each of others) {
      const response = await page.goto(`${url}/admin/${each}`);
      assert.equal(response.status(), 200, each);
      await inspected();
    }
    await page.goto(`${url}/docs`, { waitUntil: "networkidle" });
  },

  "never left the server, nor its policy": async () => {
    assert.deepEqual([...seen.origins], [url]);
    assert.deepEqual(seen.troubles.filter((each) => !each.includes("/favicon.ico")), []);
    for (const each of documents) {
      assert.match(each.headers()["content-security-policy"] ?? "", /^default-src 'none'; script-src 'self';/, each.url());
    }
    assert.ok(documents.length > 40);
  },
};

await run([steps]);
