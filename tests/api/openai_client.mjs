// SPDX-License-Identifier: Apache-2.0
// Does the npm `openai` client get along with a running engine? Lists, chats, streams, aborts, tries
// a wrong token and a wrong model; prints one line each and exits 1 when one fails.
//   node openai_client.mjs BASE_URL TOKEN [MODEL]      (README.md here says how to run it)
import OpenAI from "openai";

const [baseURL, apiKey, wanted] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey });
let failures = 0;

async function step(name, run) {
  try {
    console.log(`ok    ${name}: ${await run()}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}: ${error.constructor.name} ${error.message}`);
  }
}

function expect(condition, what) {
  if (!condition) throw new Error(`expected ${what}`);
}

async function expectError(promise, type, status) {
  try {
    await promise;
  } catch (error) {
    expect(error instanceof type, `${type.name}, got ${error.constructor.name}`);
    expect(error.status === status, `status ${status}, got ${error.status}`);
    return `${type.name} ${error.status}: ${error.message}`;
  }
  throw new Error("expected a refusal");
}

let model = wanted;
const messages = [{ role: "user", content: "Hello, who are you?" }];

await step("list models", async () => {
  const list = await client.models.list();
  model ??= list.data[0].id;
  expect(list.data.some((entry) => entry.id === model), `model ${model} in the list`);
  return list.data.map((entry) => entry.id).join(", ");
});

await step("one model", async () => (await client.models.retrieve(model)).id);

let whole = "";
await step("chat", async () => {
  const reply = await client.chat.completions.create({ model, messages, max_tokens: 24, temperature: 0 });
  whole = reply.choices[0].message.content;
  expect(reply.choices[0].message.role === "assistant", "an assistant's message");
  expect(reply.usage.total_tokens === reply.usage.prompt_tokens + reply.usage.completion_tokens, "a sum");
  return JSON.stringify(whole);
});

await step("stream", async () => {
  const stream = await client.chat.completions.create({
    model, messages, max_tokens: 24, temperature: 0, stream: true, stream_options: { include_usage: true },
  });
  let text = "", chunks = 0, usage = null, reason = null;
  for await (const chunk of stream) {
    chunks += 1;
    text += chunk.choices[0]?.delta?.content ?? "";
    reason = chunk.choices[0]?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  expect(text === whole, "the text of the plain reply");
  expect(reason && usage, "finish_reason and usage");
  return `${chunks} chunks, ${reason}, ${usage.completion_tokens} tokens`;
});

await step("abort", async () => {
  const stream = await client.chat.completions.create({
    model, messages, max_tokens: 20000, temperature: 1, logit_bias: { 0: -100 }, stream: true,
  });
  let chunks = 0;
  for await (const _ of stream) if (++chunks === 3) stream.controller.abort();
  expect(chunks < 20, "an end soon after the abort");
  return `after ${chunks} chunks`;
});

await step("completion", async () => {
  const reply = await client.completions.create({ model, prompt: "Once", max_tokens: 8, seed: 1 });
  return JSON.stringify(reply.choices[0].text);
});

await step("wrong token", () =>
  expectError(
    new OpenAI({ baseURL, apiKey: "wrong", maxRetries: 0 }).models.list(), OpenAI.AuthenticationError, 401));

await step("wrong model", () =>
  expectError(client.chat.completions.create({ model: "nobody", messages }), OpenAI.NotFoundError, 404));

await step("bad request", () =>
  expectError(
    client.chat.completions.create({ model, messages, n: 99 }), OpenAI.BadRequestError, 400));

await step("tools are refused by name", () =>
  expectError(
    client.chat.completions.create({ model, messages, tools: [{ type: "function", function: { name: "f" } }] }),
    OpenAI.BadRequestError, 400));

process.exit(failures === 0 ? 0 : 1);
