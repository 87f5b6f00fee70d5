/** `npm run chaos -- --minutes 10 --rate 20`: everything that can go wrong around the webhook, while calls go on. */
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';
import { longPlan } from './plan.ts';
import { judgeFindings, summary, table } from './report.ts';
import { startStage } from './stage.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function wanted(): { readonly minutes: number; readonly rate: number } | undefined {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string' }, rate: { type: 'string' } } });
    const { minutes, rate } = { minutes: Number(values.minutes ?? 10), rate: Number(values.rate ?? 20) };
    return minutes > 0 && rate > 0 ? { minutes, rate } : undefined;
  } catch {
    return undefined;
  }
}

const options = wanted();
if (options === undefined) {
  process.stderr.write('chaos takes --minutes N and --rate CALLS-A-SECOND, both above 0, and nothing else\n');
  process.exit(2);
}

const stage = await startStage({ certsTimes: 'leaf=60s,authority=180s,settle=10s,skew=1s,poll=1s', tenants: 40 });
try {
  const { minutes, rate } = options;
  const findings = await runChaos(stage, { rate, plan: longPlan, seconds: minutes * 60, rest: 4, log: say });
  say(`\n${summary(findings)}\n\n${table(findings)}`);
  const { wrong, unclear, failures } = judgeFindings(findings);
  const unexplained = failures.filter(({ why }) => why !== 'killed-in-flight' && why !== 'dead-endpoint');
  if (wrong.length + unclear.length + unexplained.length > 0) process.exitCode = 1;
} finally {
  await stage.stop();
}
