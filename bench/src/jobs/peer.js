// graphile-worker, tuned as its documentation says for many small jobs: 24 at a time, a local queue of 500, and completion
// in batches; in one process, or in several beside each other.
const { fork } = require("node:child_process");
const { run, makeWorkerUtils, runMigrations } = require("graphile-worker");
const { Pool } = require("pg");

const [url, ...numbers] = process.argv.slice(2);
const [jobs, batch, rounds, processes, isChild] = numbers.map(Number);
const now = () => Number(process.hrtime.bigint()) / 1e6;
const logger = new (require("graphile-worker").Logger)(() => () => {});

const preset = {
  worker: {
    connectionString: url,
    concurrentJobs: 24,
    maxPoolSize: 25,
    pollInterval: 2000,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger,
  },
};

// A process that works until it is told to stop, and tells how many jobs it has done.
async function child() {
  let handled = 0;
  const tell = setInterval(() => process.send(handled), 5);
  const taskList = { count: async () => void handled++ };
  const runner = await run({ preset, taskList, noHandleSignals: true });
  await new Promise((stopped) => process.once("message", stopped));
  await runner.stop();
  clearInterval(tell);
  process.disconnect();
}

// Drains by several processes, and ends when they have.
async function drain() {
  const counts = new Array(processes).fill(0);
  const children = counts.map(() => fork(__filename, [...process.argv.slice(2), "1"]));
  const ended = children.map((child) => new Promise((done) => child.once("exit", done)));
  await new Promise((done) => {
    children.forEach((child, at) =>
      child.on("message", (count) => {
        counts[at] = count;
        if (counts.reduce((one, other) => one + other) >= jobs) done();
      }),
    );
  });
  children.forEach((child) => child.connected && child.send("stop"));
  await Promise.all(ended);
}

async function main() {
  await runMigrations({ preset });
  const utils = await makeWorkerUtils({ preset });

  let began = now();
  for (let at = 0; at < jobs; at += batch) {
    const specs = [];
    for (let number = at; number < Math.min(jobs, at + batch); number++) {
      specs.push({ identifier: "count", payload: { number } });
    }
    await utils.addJobs(specs);
  }
  const enqueued = jobs / ((now() - began) / 1000);

  let handled = 0;
  let handledAt = 0;
  let heard = () => {};
  const taskList = {
    count: async () => {
      handled++;
      handledAt = now();
      heard();
    },
  };
  const until = (goal) =>
    new Promise((done) => {
      heard = () => handled >= goal && done();
      heard();
    });
  began = now();
  if (processes > 1) {
    await drain();
  } else {
    const runner = await run({ preset, taskList, noHandleSignals: true });
    await until(jobs);
    await runner.stop();
  }
  const drained = jobs / ((now() - began) / 1000);

  const idle = await run({
    // The local queue is what its documentation says to leave out where latency matters.
    preset: { worker: { ...preset.worker, localQueue: { size: -1 }, completeJobBatchDelay: -1, failJobBatchDelay: -1 } },
    taskList,
    noHandleSignals: true,
  });
  const pool = new Pool({ connectionString: url });
  await new Promise((done) => setTimeout(done, 500));
  const waits = [];
  const afterwards = [];
  for (let round = 0; round < rounds; round++) {
    await new Promise((done) => setTimeout(done, 20 + (round % 30)));
    const goal = handled + 1;
    began = now();
    await pool.query("select graphile_worker.add_job('count', '{}'::json)");
    const written = now();
    await until(goal);
    waits.push(handledAt - began);
    afterwards.push(Math.max(handledAt - written, 0));
  }
  await idle.stop();
  await pool.end();
  await utils.release();
  const at = (all, part) => all.sort((one, two) => one - two)[Math.floor((all.length - 1) * part)];
  console.log([enqueued, drained, at(waits, 0.5), at(waits, 0.99), at(afterwards, 0.5)].join(" "));
}

(isChild ? child() : main()).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
