import {
  apiServerRestart,
  bothKilled,
  brokenConfiguration,
  type ChaosEvent,
  configurationReload,
  etcdStall,
  killOne,
  type Outage,
  rollingRestart,
  slowRollingRestart,
} from './events.ts';

/** One after another; what stands in one line happens at the same time. */
export type Plan = (outages: Outage[]) => readonly (readonly ChaosEvent[])[];

export const shortPlan: Plan = (outages) => [
  [rollingRestart, etcdStall, configurationReload],
  [killOne(0), brokenConfiguration, apiServerRestart('graceful')],
  [bothKilled(outages)],
];

/** Each by itself, then those that make each other worse. */
export const longPlan: Plan = (outages) => [
  [rollingRestart],
  [killOne(0)],
  [configurationReload],
  [brokenConfiguration],
  [etcdStall],
  [apiServerRestart('graceful')],
  [killOne(1)],
  [apiServerRestart('abrupt')],
  [slowRollingRestart],
  [bothKilled(outages)],
  [rollingRestart, etcdStall, configurationReload],
  [killOne(1), apiServerRestart('graceful')],
  [rollingRestart, apiServerRestart('abrupt')],
  [killOne(0), brokenConfiguration, etcdStall],
];
