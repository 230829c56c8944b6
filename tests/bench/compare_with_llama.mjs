// SPDX-License-Identifier: Apache-2.0
// node compare_with_llama.mjs ENGINE ROUNDS PROMPT TOKENS BATCH THREADS FILE.gguf ...
// Each round measures ours, then theirs, each in a fresh process that ends before the other starts; the
// best and the median round count. THREADS 0: the cores that are free now. Called by
// compare_with_llama.sh. As `theirs FILE PROMPT TOKENS THREADS` it is one round of llama.cpp.
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {fileURLToPath} from "node:url";

async function measureTheirs(file, promptCount, tokenCount, threads) {
    const {getLlama, LlamaLogLevel} = await import("node-llama-cpp");
    const prompt = Array.from({length: promptCount}, (_, i) => 1000 + i * 7919 % 50000);
    const start = performance.now();
    const llama = await getLlama({build: "never", gpu: false, progressLogs: false,
                                  logLevel: LlamaLogLevel.error, maxThreads: threads});
    const model = await llama.loadModel({modelPath: file, gpuLayers: 0});
    const context = await model.createContext({contextSize: 2048, batchSize: 512,
                                               threads: {ideal: threads, min: threads}});
    const sequence = context.getSequence();
    const options = {temperature: 0, yieldEogToken: true};
    for await (const token of sequence.evaluate(prompt, options)) {
        void token;
        break;
    }
    const firstTokenMs = performance.now() - start;

    await sequence.clearHistory();
    const readStart = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(prompt);
    const readMs = performance.now() - readStart;
    // The first token is not counted: it may include what the reading left over.
    let written = 0;
    let writeStart = 0;
    for await (const token of sequence.evaluate([1234], options)) {
        void token;
        if (written++ === 0)
            writeStart = performance.now();
        if (written > tokenCount)
            break;
    }
    const writeMs = performance.now() - writeStart;
    console.log(JSON.stringify({prefill: promptCount / readMs * 1e3, decode: tokenCount / writeMs * 1e3,
                                firstTokenMs, resident: process.memoryUsage().rss}));
    process.exit(0);
}

function measureOurs(engine, file, prompt, tokens, batch, repeats, threads) {
    const words = ["bench", "--model", file, "--prompt", prompt, "--tokens", tokens, "--batch", batch,
                   "--repeat", repeats, "--threads", threads, "--json"];
    if (!/-d\d+-/.test(file))  // only models of a chosen density show what zeros save
        words.push("--dense");
    const out = JSON.parse(execFileSync(engine, words.map(String), {maxBuffer: 1 << 26}));
    return {prefill: out.prefill_tokens_per_second, decode: out.decode_tokens_per_second,
            firstTokenMs: out.first_token_ms, resident: out.memory_resident_bytes,
            bytesPerToken: out.bytes_per_token, read: out.read_bytes_per_second, device: out.device_name,
            detail: out.device_detail};
}

const sorted = numbers => [...numbers].sort((a, b) => a - b);
const best = numbers => Math.max(...numbers);
function median(numbers) {
    const list = sorted(numbers);
    const middle = list.length >> 1;
    return list.length % 2 === 1 ? list[middle] : (list[middle - 1] + list[middle]) / 2;
}
const column = (rounds, key) => rounds.map(round => round[key]);
const speeds = (rounds, key) => `${best(column(rounds, key)).toFixed(1)} / ${median(column(rounds, key)).toFixed(1)}`;
const megabytes = bytes => (bytes / 1e6).toFixed(0);
const percent = share => `${(share * 100).toFixed(0)} %`;
const row = cells => console.log(`| ${cells.join(" | ")} |`);
function table(head, rows) {
    row(head);
    row(head.map(() => "---"));
    rows.forEach(row);
    console.log();
}

// The best and the median of rounds, theirs beside ours; the ratio is of the medians, which one lucky
// round cannot move.
function compare(engine, rounds, prompt, tokens, batch, threads, files) {
    const speedRows = [];
    const costRows = [];
    let machine = "";
    const reads = [];
    const measured = files.map(file => {
        const ours = [];
        const theirs = [];
        for (let round = 1; round <= rounds; ++round) {
            process.stderr.write(`${path.basename(file)}: round ${round} of ${rounds}\n`);
            ours.push(measureOurs(engine, file, prompt, tokens, 1, 1, threads));
            theirs.push(JSON.parse(execFileSync(process.execPath, [
                fileURLToPath(import.meta.url), "theirs", path.resolve(file), prompt, tokens, threads
            ].map(String))));
        }
        const many = measureOurs(engine, file, Math.min(prompt, 32), tokens, batch, 3, threads);
        machine = `${ours[0].device}, ${ours[0].detail}`;
        reads.push(...column(ours, "read").map(Number));
        return {file, ours, theirs, many};
    });
    // Of the bandwidth measured in the same round: that of a machine shared with others changes.
    const roof = (bytes, speed, read) => read > 0 ? percent(bytes * speed / read) : "-";
    const shares = (rounds, ours) => percent(median(
        rounds.map(({decode}, i) => ours[i].bytesPerToken * decode / ours[i].read)));
    for (const {file, ours, theirs, many} of measured) {
        const [, model, type] = /^(.*)-([^-]*)\.gguf$/.exec(path.basename(file));
        for (const key of ["prefill", "decode"]) {
            const ratio = median(column(ours, key)) / median(column(theirs, key));
            const share = rounds => key === "decode" ? shares(rounds, ours) : "";
            speedRows.push([model, type, key, speeds(ours, key), speeds(theirs, key), ratio.toFixed(2),
                            share(ours), share(theirs)]);
        }
        costRows.push([model, type, many.decode.toFixed(1), roof(many.bytesPerToken, many.decode, many.read),
                       megabytes(fs.statSync(file).size), megabytes(median(column(ours, "resident"))),
                       megabytes(median(column(theirs, "resident"))),
                       Math.min(...column(ours, "firstTokenMs")).toFixed(0),
                       Math.min(...column(theirs, "firstTokenMs")).toFixed(0)]);
    }
    console.log(`${machine}; memory reads ${(median(reads) / 1e9).toFixed(1)} GB/s (median). ${rounds} rounds in turns, ` +
                `${threads} threads; ${prompt} tokens read, ${tokens} written.\n`);
    table(["model", "type", "", "Greylag tok/s, best / median", "llama.cpp tok/s, best / median", "ratio",
           "of roof", "llama.cpp of roof"], speedRows);
    table(["model", "type", `batch ${batch} tok/s`, "of roof", "file MB", "resident MB", "llama.cpp MB",
           "first token ms", "llama.cpp ms"], costRows);
}

const words = process.argv.slice(2);
if (words[0] === "theirs") {
    await measureTheirs(words[1], ...words.slice(2).map(Number));
} else {
    const [engine, ...rest] = words;
    const [rounds, prompt, tokens, batch, wanted] = rest.slice(0, 5).map(Number);
    const load = os.loadavg()[0];
    const threads = wanted || Math.max(1, os.availableParallelism() - Math.round(load));
    if (load > 0.3)
        process.stderr.write(`the load is ${load.toFixed(1)}: the machine is not idle, figures will be low\n`);
    compare(engine, rounds, prompt, tokens, batch, threads, rest.slice(5));
}
