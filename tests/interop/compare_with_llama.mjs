// SPDX-License-Identifier: Apache-2.0
// node compare_with_llama.mjs ENGINE FILE.gguf BOUND TOKENS [TEXT VOCAB]: llama.cpp (npm
// node-llama-cpp) and greylag-engine read the same file; prints the largest difference between their
// probabilities of the next token, over the whole vocabulary, and fails beyond BOUND. With TEXT, both
// must also cut it into the same tokens.
import {execFileSync} from "node:child_process";
import path from "node:path";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [engine, file, bound, list, text] = process.argv.slice(2);
const ask = (...words) => JSON.parse(execFileSync(engine, [...words, "--model", file, "--json"],
                                                  {maxBuffer: 1 << 26}));
const tokens = list.split(",").map(Number);

const llama = await getLlama({build: "never", gpu: false, progressLogs: false, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: file, gpuLayers: 0});
const context = await model.createContext({contextSize: 512, threads: 1});
const input = tokens.map((token, i) =>
    i + 1 < tokens.length ? token : [token, {generateNext: {probabilities: true}}]);
const result = await context.getSequence().controlledEvaluate(input);
const theirs = result[tokens.length - 1].next.probabilities;  // a Map

const logits = ask("logits", "--tokens", list).logits;
const top = logits.reduce((a, b) => Math.max(a, b));
const weights = logits.map(logit => Math.exp(logit - top));
const sum = weights.reduce((a, b) => a + b);
let largest = 0;
let best = 0;
for (const [i, weight] of weights.entries()) {
    if (weight > weights[best])
        best = i;
    largest = Math.max(largest, Math.abs(weight / sum - (theirs.get(i) ?? 0)));
}
const theirBest = [...theirs].reduce((a, b) => b[1] > a[1] ? b : a)[0];
const problems = [];
if (!(largest <= Number(bound)))
    problems.push(`beyond ${bound}`);
if (best !== theirBest)
    problems.push(`likeliest token ${best}, llama.cpp has ${theirBest}`);
if (text !== undefined) {
    const ours = ask("tokenize", "--text", text).tokens.join();
    const cut = Array.from(model.tokenize(text, false)).join();
    if (ours !== cut)
        problems.push(`tokens ${ours}, llama.cpp has ${cut}`);
}
console.log(`${path.basename(file).padEnd(24)} max |dp| ${largest.toExponential(1)} ` +
            `(likeliest ${best}: ${(weights[best] / sum).toFixed(4)})` +
            (problems.length > 0 ? `  FAILED: ${problems.join("; ")}` : ""));
process.exit(problems.length > 0 ? 1 : 0);
