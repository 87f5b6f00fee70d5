/** What an expression of PromQL names; not whether it is one. */
export interface Named {
  /** Each selector: a metric, with the labels that its braces ask for. */
  readonly selectors: readonly { readonly metric: string; readonly matchers: readonly Matcher[] }[];
  /** The labels of `by (…)` and its like. */
  readonly grouped: readonly string[];
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** Besides metrics, what a bare name may be. An unknown one counts as a metric, so a slip of the pen is found. */
const words = new Set([
  ...['and', 'or', 'unless', 'bool', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'offset'],
  ...[
    'sum',
    'min',
    'max',
    'avg',
    'count',
    'topk',
    'absent',
    'rate',
    'increase',
    'histogram_quantile',
    'time',
    'vector',
  ],
]);

export function namedIn(expression: string): Named {
  const selectors: { metric: string; matchers: Matcher[] }[] = [];
  const grouped: string[] = [];
  // Braces first, since what stands in them looks like anything; then groupings, ranges and numbers.
  const bare = expression
    .replaceAll(/([a-z_:][\w:]*)\s*\{((?:[^}"]|"(?:[^"\\]|\\.)*")*)\}/gi, (_all, metric: string, inner: string) => {
      const matchers = [...inner.matchAll(/([a-z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/gi)];
      selectors.push({
        metric,
        matchers: matchers.map(([, label = '', operator = '', value = '']) => ({ label, operator, value })),
      });
      return ' ';
    })
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_all, list: string) => {
      grouped.push(...list.split(',').map((one) => one.trim()));
      return ' ';
    })
    .replaceAll(/\[[^\]]*\]/g, ' ');
  for (const [name] of bare.matchAll(/(?<![\w.:])[a-z_:][\w:]*/gi))
    if (!words.has(name)) selectors.push({ metric: name, matchers: [] });
  return { selectors, grouped };
}
