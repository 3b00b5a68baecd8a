// A chat as applications write it: either `useStream`, on the server, graph and transport that the address names.

import { useMessageMetadata, useStream } from "@langchain/react";
import { useStream as useLegacyStream } from "@langchain/langgraph-sdk/react";
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

const asked = new URL(location.href).searchParams;
const text = (message) => message.text ?? [message.content].flat().map((block) => block.text ?? block).join("");

/** The thread is part of the address, so that a reload comes back to it. */
function useThreadOfAddress() {
  const [threadId, setThreadId] = useState(asked.get("thread"));
  const change = (id) => {
    const address = new URL(location.href);
    if (id) address.searchParams.set("thread", id);
    else address.searchParams.delete("thread");
    history.replaceState(null, "", address);
    setThreadId(id);
  };
  return [threadId, change];
}

function options(threadId, onThreadId) {
  const key = asked.get("key");
  return { apiUrl: asked.get("api"), assistantId: asked.get("graph"), apiKey: key ?? undefined, threadId, onThreadId };
}

function Chat() {
  const [threadId, setThreadId] = useThreadOfAddress();
  const stream = useStream({ ...options(threadId, setThreadId), transport: asked.get("transport") });
  return (
    <Page
      stream={stream}
      submit={stream.submit}
      answer={(value) => stream.respond(value)}
      switchThread={setThreadId}
      tools={stream.toolCalls.map((call) => `${call.name} ${call.status}`)}
      subgraphs={[...stream.subgraphs.values()].map((each) => `${each.nodeName} ${each.status}`)}
      Controls={ForkControls}
    />
  );
}

function ForkControls({ stream, submit, message, input }) {
  const metadata = useMessageMetadata(stream, message.id);
  const forkFrom = metadata?.parentCheckpointId;
  if (!forkFrom) return null;
  const again = message.type === "human" ? { ...input, messages: [{ type: "human", content: "edited" }] } : null;
  return <button onClick={() => submit(again, { forkFrom })}>{again ? "Edit" : "Regenerate"}</button>;
}

function LegacyChat() {
  const [threadId, setThreadId] = useThreadOfAddress();
  const [subgraphs, setSubgraphs] = useState([]);
  const stream = useLegacyStream({
    ...options(threadId, setThreadId),
    fetchStateHistory: true,
    reconnectOnMount: true,
    onUpdateEvent: (data, { namespace }) => {
      if (namespace?.length) setSubgraphs((seen) => [...new Set([...seen, `${namespace[0].split(":")[0]} complete`])]);
    },
  });
  const submit = (input, more) => stream.submit(input, { streamSubgraphs: true, ...more });
  return (
    <Page
      stream={stream}
      submit={submit}
      answer={(resume) => submit(undefined, { command: { resume } })}
      switchThread={setThreadId}
      tools={stream.toolCalls.map((call) => `${call.call.name} ${call.state === "completed" ? "finished" : call.state}`)}
      subgraphs={subgraphs}
      Controls={BranchControls}
    />
  );
}

function BranchControls({ stream, submit, message, input }) {
  const metadata = stream.getMessagesMetadata(message);
  const checkpoint = metadata?.firstSeenState?.parent_checkpoint;
  const branches = metadata?.branchOptions ?? [];
  const again = message.type === "human" ? { ...input, messages: [{ type: "human", content: "edited" }] } : undefined;
  return (
    <>
      {checkpoint && <button onClick={() => submit(again, { checkpoint })}>{again ? "Edit" : "Regenerate"}</button>}
      {branches.map((branch, index) => (
        <button key={branch} onClick={() => stream.setBranch(branch)}>{`Branch ${index + 1}`}</button>
      ))}
    </>
  );
}

function Page({ stream, submit, answer, switchThread, tools, subgraphs, Controls }) {
  const [draft, setDraft] = useState(asked.get("input") ?? "{}");
  const [reply, setReply] = useState("");
  const input = useMemo(() => JSON.parse(draft || "{}"), [draft]);
  const { messages, values, interrupt, isLoading, error } = stream;
  const last = messages.at(-1);
  useEffect(() => {
    if (last?.type === "ai") (window.renderings ??= []).push(text(last));
  });
  return (
    <main>
      <p role="status">{isLoading ? "busy" : "at rest"}</p>
      {error != null && <p role="alert">{String(error.message ?? error)}</p>}
      <ol aria-label="Messages">
        {messages.map((message, index) => (
          <li key={message.id ?? index} className={message.type}>
            <span className="text">{text(message)}</span>
            <Controls stream={stream} submit={submit} message={message} input={input} />
          </li>
        ))}
      </ol>
      <pre aria-label="Values">{JSON.stringify(values)}</pre>
      <ul aria-label="Tools">{tools.map((each, index) => <li key={index}>{each}</li>)}</ul>
      <ul aria-label="Subgraphs">{subgraphs.map((each, index) => <li key={index}>{each}</li>)}</ul>
      <textarea aria-label="Input" value={draft} onChange={(event) => setDraft(event.target.value)} />
      <button onClick={() => submit(input)}>Send</button>
      <button onClick={() => stream.stop()}>Stop</button>
      <button onClick={() => switchThread(null)}>New thread</button>
      <input aria-label="Thread" onChange={(event) => switchThread(event.target.value || null)} />
      {interrupt?.value !== undefined && (
        <form onSubmit={(event) => { event.preventDefault(); answer(reply); }}>
          <pre aria-label="Question">{JSON.stringify(interrupt.value)}</pre>
          <input aria-label="Answer" value={reply} onChange={(event) => setReply(event.target.value)} />
          <button>Reply</button>
        </form>
      )}
    </main>
  );
}

const Root = asked.get("hook") === "legacy" ? LegacyChat : Chat;
createRoot(document.getElementById("root")).render(<Root />);
