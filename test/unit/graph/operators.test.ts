/** @file Every operator: its value and its derivatives, on ONNX Runtime and by float64 witnesses. */
import { describe, expect, test } from 'vitest';
import { differences } from '../../reference/differences.ts';
import { evaluate } from '../../reference/evaluate.ts';
import { cases } from './cases.ts';
import { cancelling, expectClose, float32, outputOf, prepare, runOnnx } from './harness.ts';

/**
 * Relative, element by element. The second part is for elements that cancel to almost 0, where differences have their
 * rounding error of about 2⁻⁵²·|loss|/h = 1e-13·|loss|.
 */
const DIFFERENCES = { relative: 1e-6, ofLargest: 1e-10, absolute: 0 };

/** A loop’s gradient is a sum over its steps, that of softmax a difference. */
const CANCELLING: ReadonlySet<string> = new Set(['ScanOutput', 'Softmax']);

describe.each(Object.entries(cases))('%s', (operator, variants) => {
  test.each(variants)('$name', async (variant) => {
    const { graph, feeds } = prepare(variant);
    expect(graph.nodes.map((node) => node.operator)).toContain(operator);
    const exact = evaluate(graph, feeds);
    const measured = await runOnnx(graph, feeds);
    const tolerance = (name: string) =>
      CANCELLING.has(operator) && name.startsWith('gradient') ? cancelling : float32;
    // The loss is left out: its summands have either sign and may cancel.
    for (const { name } of graph.outputs.filter((output) => output.name !== 'loss')) {
      expectClose(outputOf(measured, graph, name), outputOf(exact, graph, name), tolerance(name), name);
    }
    variant.inputs.forEach((_, i) => {
      const gradient = outputOf(exact, graph, `gradient of x${i}`);
      const expected = variant.stopped?.includes(i)
        ? gradient.map(() => 0)
        : differences(graph, 'loss', feeds, `x${i}`);
      expectClose(gradient, expected, DIFFERENCES, `gradient of x${i} by rule and by differences`);
    });
  });
});
