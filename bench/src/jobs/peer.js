// graphile-worker, tuned as its documentation says for many small jobs: a local queue, and completion in batches.
const { run, makeWorkerUtils, runMigrations } = require("graphile-worker");
const { Pool } = require("pg");

const [url, jobsText, batchText, roundsText] = process.argv.slice(2);
const [jobs, batch, rounds] = [jobsText, batchText, roundsText].map(Number);
const now = () => Number(process.hrtime.bigint()) / 1e6;
const logger = new (require("graphile-worker").Logger)(() => () => {});

async function main() {
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
  let heard = () => {};
  const taskList = {
    count: async () => {
      handled++;
      heard();
    },
  };
  const until = (goal) =>
    new Promise((done) => {
      heard = () => handled >= goal && done();
      heard();
    });
  began = now();
  const runner = await run({ preset, taskList, noHandleSignals: true });
  await until(jobs);
  await runner.stop();
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
  for (let round = 0; round < rounds; round++) {
    await new Promise((done) => setTimeout(done, 20 + (round % 30)));
    const goal = handled + 1;
    began = now();
    await pool.query("select graphile_worker.add_job('count', '{}'::json)");
    await until(goal);
    waits.push(now() - began);
  }
  await idle.stop();
  await pool.end();
  await utils.release();
  waits.sort((one, two) => one - two);
  const at = (part) => waits[Math.floor((waits.length - 1) * part)];
  console.log([enqueued, drained, at(0.5), at(0.99)].join(" "));
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
