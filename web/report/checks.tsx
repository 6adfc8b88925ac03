/** @file Every rule's answer: what was found with its evidence, then what is clear, then what could not be evaluated. */
import type { Check, Report } from '../../client/index.ts';
import { clip, plural, words } from '../lib/format.ts';
import { Section } from '../ui/parts.tsx';
import { Causes } from './causes.tsx';
import { Mark } from './mark.tsx';

const MAX_MARKS = 6;

/** One item for each metric of the seed that has it first, then the others. */
function pickEvidence({ evidence }: Check) {
  const first = evidence.filter(
    (item, i) =>
      evidence.findIndex(({ metric, layer }) => metric === item.metric && layer === item.layer) === i,
  );
  return first.slice(0, MAX_MARKS);
}

function Layers({ layers }: { layers: readonly string[] }) {
  if (layers.length === 0) return null;
  const shown = layers
    .slice(0, 4)
    .map((layer) => clip(layer, 40))
    .join(', ');
  return (
    <span class="muted">
      in <bdi>{shown}</bdi>
      {layers.length > 4 ? ` and ${layers.length - 4} more` : ''}
    </span>
  );
}

function Finding({ check }: { check: Check }) {
  const { rule, severity, layers, first_step, explanation, caused_by, evidence } = check;
  return (
    <article class={`finding ${severity ?? ''}`} id={`check-${rule}`}>
      <header>
        <span class={`tag ${severity ?? ''}`}>{severity}</span>
        <h3>{words(rule)}</h3>
        <Layers layers={layers} />
        {first_step !== null && <span class="muted">from step {first_step}</span>}
      </header>
      <p>
        <bdi>{explanation}</bdi>
      </p>
      {caused_by.length > 0 && (
        <p class="muted">Explained by {caused_by.map((cause) => words(cause).toLowerCase()).join(', ')}.</p>
      )}
      {evidence.length > 0 && (
        <ul class="marks">
          {pickEvidence(check).map((item, i) => (
            <Mark key={i} item={item} status={check.status} />
          ))}
        </ul>
      )}
    </article>
  );
}

function Quiet({ check }: { check: Check }) {
  return (
    <details class="quiet">
      <summary>
        <span class={`dot ${check.status}`} aria-hidden="true" /> {words(check.rule)}
        {check.status !== 'clear' && (
          <span class="muted">
            {' '}
            <bdi>{clip(check.explanation, 160)}</bdi>
          </span>
        )}
      </summary>
      {check.evidence.length > 0 ? (
        <ul class="marks">
          {pickEvidence(check).map((item, i) => (
            <Mark key={i} item={item} status={check.status} />
          ))}
        </ul>
      ) : (
        <p class="muted">{check.explanation}</p>
      )}
    </details>
  );
}

const RANK = ['critical', 'warning', 'info'];

export function Checks({ report }: { report: Report }) {
  const of = (...statuses: Check['status'][]) =>
    report.checks.filter(({ status }) => statuses.includes(status));
  const found = of('found').sort((a, b) => RANK.indexOf(a.severity ?? '') - RANK.indexOf(b.severity ?? ''));
  const clear = of('clear');
  const open = of('not_evaluable', 'error');
  return (
    <Section
      id="checks"
      title="Checks"
      lead={`${found.length} found, ${clear.length} clear, ${open.length} not evaluable. The shaded side of a scale is the healthy one.`}
    >
      <Causes report={report} />
      {found.map((check) => (
        <Finding key={check.rule} check={check} />
      ))}
      {clear.length > 0 && (
        <div class="quiets">
          <h3>{plural(clear.length, 'check')} clear</h3>
          <div class="quiet-names">
            {clear.map((check) => (
              <Quiet key={check.rule} check={check} />
            ))}
          </div>
        </div>
      )}
      {open.length > 0 && (
        <div class="quiets">
          <h3>Not evaluable</h3>
          {open.map((check) => (
            <Quiet key={check.rule} check={check} />
          ))}
        </div>
      )}
    </Section>
  );
}
