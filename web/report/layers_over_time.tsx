/** @file Heat maps of the layers over the training, as it is beside the recommended change, on one scale. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Grid, Report } from '../../client/index.ts';
import { ColourBar } from '../charts/colour_bar.tsx';
import {
  fractionScale,
  type Heat,
  type HeatScale,
  heatOf,
  linearScale,
  logScale,
  sidedScale,
} from '../charts/heat.ts';
import { HeatMap } from '../charts/heat_map.tsx';
import { Choose, Section } from '../ui/parts.tsx';
import { type JobData, recommendedArm, runsOf } from './data.ts';
import { LayerDetail } from './layer_detail.tsx';

interface Picture {
  readonly value: string;
  readonly label: string;
  readonly tensor: string;
  readonly metric: string;
  readonly legend: string;
  readonly says: string;
  scale(heats: readonly Heat[]): HeatScale;
}

/** Karpathy's rule of thumb: an update is about a thousandth of the weights. */
const GOOD_RATIO = 1e-3;

const PICTURES: readonly Picture[] = [
  {
    value: 'gradient',
    label: 'Gradients',
    tensor: 'kernel.gradient',
    metric: 'rms',
    legend: 'RMS of the weights’ gradient',
    says: 'How strong the gradient is that reaches each layer’s weights. Dark rows do not learn.',
    scale: (heats) => logScale(heats),
  },
  {
    value: 'signal',
    label: 'Backward signal',
    tensor: 'output_gradient',
    metric: 'rms',
    legend: 'RMS of the gradient at the outputs',
    says: 'The loss gradient as it travels back from the last layer to the first.',
    scale: (heats) => logScale(heats),
  },
  {
    value: 'ratio',
    label: 'Update / weight',
    tensor: 'kernel.update',
    metric: 'ratio_to_weight',
    legend: 'update over weight',
    says: 'Pale is about 10⁻³, which is healthy. Blue layers hardly move; orange ones are thrown about.',
    scale: (heats) => sidedScale(heats, GOOD_RATIO),
  },
  {
    value: 'activations',
    label: 'Activations',
    tensor: 'output',
    metric: 'rms',
    legend: 'RMS of the outputs',
    says: 'The size of what each layer passes on.',
    scale: (heats) => logScale(heats),
  },
  {
    value: 'dead',
    label: 'Dead units',
    tensor: 'output',
    metric: 'dead_unit_fraction',
    legend: 'dead units',
    says: 'The part of the units that are 0 on the whole batch.',
    scale: () => fractionScale,
  },
  {
    value: 'saturated',
    label: 'Saturation',
    tensor: 'output',
    metric: 'saturated_fraction',
    legend: 'saturated outputs',
    says: 'The part of the outputs at the flat ends of the activation.',
    scale: () => fractionScale,
  },
  {
    value: 'rank',
    label: 'Effective rank',
    tensor: 'output',
    metric: 'effective_rank',
    legend: 'effective rank',
    says: 'In how many directions a layer still tells samples apart. Measured at three steps.',
    scale: (heats) => linearScale(heats),
  },
];

interface Side {
  readonly title: string;
  readonly run: string;
}

const sidesOf = (data: JobData, report: Report): Side[] => {
  const [first] = runsOf(data.runs, 'baseline');
  const arm = recommendedArm(report);
  const cured = arm === null ? undefined : runsOf(data.runs, arm)[0];
  return [
    ...(first === undefined ? [] : [{ title: 'As it is', run: first }]),
    ...(cured === undefined ? [] : [{ title: 'With the change', run: cured }]),
  ];
};

/** Grids of a picture, one for each side; null while they are on their way. */
function useGrids(
  data: JobData,
  sides: readonly Side[],
  { tensor, metric }: Picture,
): readonly (Grid | null)[] | null {
  const [state, setState] = useState<{ of: string; grids: readonly (Grid | null)[] } | null>(null);
  const wanted = `${tensor} ${metric} ${sides.map(({ run }) => run).join()}`;
  useEffect(() => {
    let current = true;
    void Promise.all(sides.map(({ run }) => data.grid({ run, tensor, metrics: [metric] }))).then((grids) => {
      if (current) setState({ of: wanted, grids });
    });
    return () => {
      current = false;
    };
  }, [data, wanted]);
  return state?.of === wanted ? state.grids : null;
}

const has = (heats: readonly Heat[], is: (cell: number) => boolean): boolean =>
  heats.some(({ cells }) => cells.some(is));

export function LayersOverTime({ data, report }: { data: JobData; report: Report }) {
  const [chosen, setChosen] = useState('gradient');
  const [layer, setLayer] = useState<{ name: string; run: string } | null>(null);
  const sides = useMemo(() => sidesOf(data, report), [data, report]);
  const picture = PICTURES.find(({ value }) => value === chosen) ?? (PICTURES[0] as Picture);
  const grids = useGrids(data, sides, picture);
  const heats = useMemo(
    () => grids?.map((grid) => (grid === null ? null : heatOf(grid, picture.metric))) ?? null,
    [grids, picture],
  );
  const drawn = useMemo(
    () => heats?.filter((heat) => heat !== null && heat.layers.length > 0) as Heat[] | undefined,
    [heats],
  );
  const scale = useMemo(() => (drawn === undefined ? null : picture.scale(drawn)), [drawn, picture]);
  if (sides.length === 0 || report.experiment.diagnostics.probe_every === 0) return null;
  const measured = has(drawn ?? [], (cell) => !Number.isNaN(cell));
  return (
    <Section id="layers" title="Layers over time" lead={picture.says}>
      <Choose label="What is shown" choices={PICTURES} value={picture.value} onChange={setChosen} />
      {heats === null || scale === null ? (
        <div class="waiting" />
      ) : measured ? (
        <>
          <div class="heats">
            {sides.map(({ title, run }, i) => {
              const heat = heats[i];
              if (heat === null || heat === undefined || heat.layers.length === 0) return null;
              return (
                <HeatMap
                  key={run}
                  {...{ heat, scale }}
                  title={`${title} (seed ${run.slice(run.lastIndexOf('/') + 1)})`}
                  selected={layer?.run === run ? layer.name : null}
                  onSelect={(name) => setLayer({ name, run })}
                />
              );
            })}
          </div>
          <ColourBar
            scale={scale}
            label={picture.legend}
            specials={{
              zero: has(drawn ?? [], (cell) => cell === 0),
              nonFinite: has(drawn ?? [], (cell) => cell === Number.POSITIVE_INFINITY),
            }}
          />
          <p class="muted hint">
            First layer on top. Click a layer to open it; shift and wheel zoom over steps, drag to pan.
          </p>
        </>
      ) : (
        <p class="empty">Nothing in this network has {picture.legend}.</p>
      )}
      {layer !== null && (
        <LayerDetail
          key={`${layer.run} ${layer.name}`}
          {...{ data, report }}
          layer={layer.name}
          run={layer.run}
          onClose={() => setLayer(null)}
        />
      )}
    </Section>
  );
}
