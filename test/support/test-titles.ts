import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const folder = resolve(import.meta.dirname, '..');

/** What begins a test: vitest's own words, and the one of the tests with GitOps clients. */
const words = new Set(['it', 'test', 'scenario']);

/**
 * The titles of the tests in a file, as they are written there: with the `%s` and the `${…}` of a row. Tests that are
 * skipped, in whatever way, are none.
 *
 * @param path from the folder of tests
 */
export async function testTitles(path: string): Promise<readonly string[]> {
  return titlesIn(await readFile(join(folder, path), 'utf8'));
}

export function titlesIn(text: string): readonly string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && !isPassedOver(node)) {
      const [first, second] = node.arguments;
      if (isTest(node.expression)) {
        for (const one of nameOf(node.expression) === 'scenario' ? [first, second] : [first])
          if (one !== undefined && ts.isStringLiteralLike(one)) titles.push(one.text);
          else if (one !== undefined && ts.isTemplateExpression(one)) titles.push(one.getText().slice(1, -1));
      }
      ts.forEachChild(node, visit);
    } else if (!ts.isCallExpression(node)) ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true));
  return titles;
}

/** `it(…)` and `it.each(…)(…)`. */
function isTest(callee: ts.Expression): boolean {
  return words.has(nameOf(callee) ?? '');
}

function nameOf(callee: ts.Expression): string | undefined {
  if (ts.isIdentifier(callee)) return callee.text;
  if (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) return nameOf(callee.expression);
  return undefined;
}

/** `describe.skip(…)`, `it.todo(…)`, `it.skipIf(…)(…)`: with all that is inside. */
function isPassedOver(call: ts.CallExpression): boolean {
  const modifiers = /\.(?:skip|todo|skipIf|runIf|fails)\b/;
  return /^(?:describe|it|test)\b/.test(call.expression.getText()) && modifiers.test(modifiersOf(call.expression));
}

function modifiersOf(callee: ts.Expression): string {
  if (ts.isPropertyAccessExpression(callee)) return `${modifiersOf(callee.expression)}.${callee.name.text}`;
  return ts.isCallExpression(callee) ? modifiersOf(callee.expression) : '';
}
