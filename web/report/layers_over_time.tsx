/** @file Heat maps of the layers over the training, as it is beside the recommended change, on one scale. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Report } from '../../client/index.ts';
import { ColourBar } from '../charts/colour_bar.tsx';
import { type Heat, heatOf } from '../charts/heat.ts';
import { HeatMap } from '../charts/heat_map.tsx';
import { Choose, Section } from '../ui/parts.tsx';
import { type JobData, recommendedArm, runsOf } from './data.ts';
import { LayerDetail } from './layer_detail.tsx';
import { PICTURES, type Picture } from './pictures.ts';

/** A run whose layers are drawn. */
export interface Side {
  readonly key: string;
  readonly title: string;
  readonly run: string;
  readonly grid: JobData['grid'];
}

const sidesOf = (data: JobData, report: Report): Side[] => {
  const arm = recommendedArm(report);
  const first = (name: string) => runsOf(data.runs, name)[0];
  const side = (title: string, run: string | undefined): Side[] =>
    run === undefined
      ? []
      : [{ key: run, title: `${title} (seed ${run.slice(run.lastIndexOf('/') + 1)})`, run, grid: data.grid }];
  return [
    ...side('As it is', first('baseline')),
    ...side('With the change', arm === null ? undefined : first(arm)),
  ];
};

/** Heats of a picture, one for each side; null while they are on their way. */
function useHeats(sides: readonly Side[], { tensor, metric }: Picture): readonly (Heat | null)[] | null {
  const [state, setState] = useState<{ of: string; heats: readonly (Heat | null)[] } | null>(null);
  const wanted = `${tensor} ${metric} ${sides.map(({ key }) => key).join()}`;
  useEffect(() => {
    let current = true;
    const read = async ({ grid, run }: Side) => {
      const found = await grid({ run, tensor, metrics: [metric] });
      const heat = found === null ? null : heatOf(found, metric);
      return heat === null || heat.layers.length === 0 ? null : heat;
    };
    void Promise.all(sides.map(read)).then((heats) => {
      if (current) setState({ of: wanted, heats });
    });
    return () => {
      current = false;
    };
  }, [sides, wanted]);
  return state?.of === wanted ? state.heats : null;
}

const has = (heats: readonly Heat[], is: (cell: number) => boolean): boolean =>
  heats.some(({ cells }) => cells.some(is));

interface HeatsProps {
  readonly sides: readonly Side[];
  readonly chosen: { readonly key: string; readonly layer: string } | null;
  onSelect(side: Side, layer: string): void;
}

/** One heat map for each side, all on one scale. */
export function Heats({ sides, chosen, onSelect }: HeatsProps) {
  const [value, setValue] = useState('gradient');
  const picture = PICTURES.find((one) => one.value === value) ?? (PICTURES[0] as Picture);
  const heats = useHeats(sides, picture);
  const drawn = useMemo(() => heats?.filter((heat) => heat !== null), [heats]);
  const scale = useMemo(() => (drawn === undefined ? null : picture.scale(drawn)), [drawn, picture]);
  return (
    <>
      <Choose label="What is shown" choices={PICTURES} value={picture.value} onChange={setValue} />
      <p class="lead">{picture.says}</p>
      {heats === null || drawn === undefined || scale === null ? (
        <div class="waiting" />
      ) : has(drawn, (cell) => !Number.isNaN(cell)) ? (
        <>
          <div class="heats">
            {sides.map((side, i) => {
              const heat = heats[i];
              if (heat === null || heat === undefined) return null;
              return (
                <HeatMap
                  key={side.key}
                  {...{ heat, scale }}
                  title={side.title}
                  selected={chosen?.key === side.key ? chosen.layer : null}
                  onSelect={(layer) => onSelect(side, layer)}
                />
              );
            })}
          </div>
          <ColourBar
            scale={scale}
            label={picture.legend}
            specials={{
              zero: has(drawn, (cell) => cell === 0),
              nonFinite: has(drawn, (cell) => cell === Number.POSITIVE_INFINITY),
            }}
          />
        </>
      ) : (
        <p class="empty">Nothing in this network has {picture.legend}.</p>
      )}
    </>
  );
}

export function LayersOverTime({ data, report }: { data: JobData; report: Report }) {
  const [chosen, setChosen] = useState<{ key: string; layer: string } | null>(null);
  const sides = useMemo(() => sidesOf(data, report), [data, report]);
  if (sides.length === 0 || report.experiment.diagnostics.probe_every === 0) return null;
  return (
    <Section id="layers" title="Layers over time">
      <Heats sides={sides} chosen={chosen} onSelect={({ key }, layer) => setChosen({ key, layer })} />
      <p class="muted hint">
        First layer on top. Click a layer to open it; shift and wheel zoom over steps, drag to pan. Where
        steps share a pixel, the largest value is drawn.
      </p>
      {chosen !== null && (
        <LayerDetail
          key={`${chosen.key} ${chosen.layer}`}
          {...{ data, report }}
          layer={chosen.layer}
          run={chosen.key}
          onClose={() => setChosen(null)}
        />
      )}
    </Section>
  );
}
