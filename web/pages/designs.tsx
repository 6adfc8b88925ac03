/** @file What searches for activation functions have found, as a gallery: the best of each. */
import { useEffect, useState } from 'preact/hooks';
import { isSearch, type Job, type SearchReport } from '../../client/index.ts';
import { answer, api } from '../api/client.ts';
import { Lines } from '../charts/lines.tsx';
import { clip, number } from '../lib/format.ts';
import { nameOf } from '../report/search.tsx';
import { Section } from '../ui/parts.tsx';

interface Found {
  readonly job: Job;
  readonly report: SearchReport;
}

const MOST = 12;

async function readSearches(): Promise<Found[]> {
  const query = { kind: 'search', status: 'succeeded', limit: MOST } as const;
  const { data } = await answer(api.GET('/v1/jobs', { params: { query } }));
  const found = data.map(async (job): Promise<Found[]> => {
    const report = await answer(api.GET('/v1/jobs/{id}/result', { params: { path: { id: job.id } } }));
    return isSearch(report) ? [{ job, report }] : [];
  });
  return (await Promise.all(found)).flat();
}

function Card({ job, report }: Found) {
  const [best] = report.ranking;
  const designed = report.design?.functions[0];
  return (
    <li class="candidate">
      <h3>
        <a href={`/jobs/${job.id}`}>
          <bdi>{clip(job.name ?? job.id, 60)}</bdi>
        </a>
      </h3>
      {designed !== undefined && (
        <Lines
          curves={[
            {
              label: clip(designed.formula, 40),
              colour: 'series-1',
              x: designed.curve.inputs,
              y: designed.curve.values,
            },
          ]}
          label={`Curve of ${clip(designed.formula, 40)}`}
          xLabel="x"
          height={130}
        />
      )}
      {best !== undefined && (
        <p>
          <b>
            <bdi>{clip(nameOf(best), 60)}</bdi>
          </b>{' '}
          <span class="muted">
            {best.metric.replaceAll('_', ' ')} {number(best.mean, best.non_finite?.mean)}
          </span>
        </p>
      )}
    </li>
  );
}

export function Designs() {
  const [found, setFound] = useState<readonly Found[]>([]);
  useEffect(() => {
    let current = true;
    readSearches().then(
      (read) => current && setFound(read),
      // The frame says when the service does not answer; the rest of the page needs none of this.
      () => {},
    );
    return () => {
      current = false;
    };
  }, []);
  if (found.length === 0) return null;
  return (
    <Section
      id="designs"
      title="Found by searches"
      lead="The best of each search for an activation function."
    >
      <ol class="gallery">
        {found.map((one) => (
          <Card key={one.job.id} {...one} />
        ))}
      </ol>
    </Section>
  );
}
