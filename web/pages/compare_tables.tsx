/** @file Tables of a comparison: settings that differ, and what the runs came to. */
import type { Run } from '../../client/index.ts';
import { differences } from '../lib/differences.ts';
import { clip, number } from '../lib/format.ts';
import { Scroller } from '../ui/parts.tsx';

export interface Named {
  readonly id: string;
  readonly name: string;
  readonly experiment: unknown;
}

export function Settings({ jobs }: { jobs: readonly Named[] }) {
  const rows = differences(jobs.map(({ experiment }) => experiment));
  if (rows.length === 0) return <p class="muted">Their settings are the same.</p>;
  return (
    <Scroller label="Settings that differ">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Setting</th>
            {jobs.map(({ id, name }) => (
              <th scope="col" key={id}>
                <bdi>{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ path, values }) => (
            <tr key={path}>
              <th scope="row">
                <code>{clip(path, 80)}</code>
              </th>
              {values.map((value, i) => (
                <td key={jobs[i]?.id}>
                  <code>{clip(value, 80)}</code>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

export function Results({ runs }: { runs: readonly (Run & { readonly of: string })[] }) {
  return (
    <Scroller label="Runs">
      <table class="plain">
        <thead>
          <tr>
            {['Job', 'Run', 'First loss', 'Last loss', 'Validation', 'Steps'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map(
            ({
              of,
              run,
              initial_loss,
              final_loss,
              validation_loss,
              steps_completed,
              diverged_at_step,
              non_finite,
            }) => (
              <tr key={`${of} ${run}`}>
                <td>
                  <bdi>{of}</bdi>
                </td>
                <th scope="row">
                  <bdi>{clip(run, 50)}</bdi>
                </th>
                <td>{number(initial_loss, non_finite?.initial_loss)}</td>
                <td>{number(final_loss, non_finite?.final_loss)}</td>
                <td>{number(validation_loss, non_finite?.validation_loss)}</td>
                <td>
                  {steps_completed}
                  {diverged_at_step === null ? '' : `, diverged`}
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </Scroller>
  );
}
