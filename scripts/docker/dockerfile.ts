/** @file A Dockerfile as stages and steps. Who reads an instruction that is not here has to add it: none is skipped. */
import { type Copy, DockerfileParser, type Env, type From, JSONInstruction } from 'dockerfile-ast';

export type Step =
  | { readonly kind: 'copy'; readonly from: string | null; readonly sources: string[]; readonly to: string }
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'workdir' | 'user' | 'volume' | 'expose'; readonly value: string }
  | { readonly kind: 'env'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'healthcheck' | 'cmd'; readonly command: string[] };

export interface Stage {
  readonly image: string;
  readonly name: string | null;
  readonly steps: Step[];
}

type Instruction = ReturnType<ReturnType<typeof DockerfileParser.parse>['getInstructions']>[number];

function copyOf(instruction: Copy): Step {
  const flags = instruction.getFlags();
  const unknown = flags.find((flag) => flag.getName() !== 'from');
  if (unknown !== undefined) throw new Error(`COPY ${unknown.toString()} is not understood`);
  const paths = instruction.getArguments().map((argument) => argument.getValue());
  return {
    kind: 'copy',
    from: flags[0]?.getValue() ?? null,
    sources: paths.slice(0, -1),
    to: paths.at(-1) ?? '',
  };
}

/** Only the form without a shell: a shell between the engine and Node.js would swallow SIGTERM. */
function execForm(text: string): string[] {
  const command: unknown = text.startsWith('[') ? JSON.parse(text) : null;
  if (!Array.isArray(command)) throw new Error(`not a JSON list of arguments: ${text}`);
  return command.map(String);
}

function stepOf(instruction: Instruction): Step {
  const content = instruction.getArgumentsContent() ?? '';
  const keyword = instruction.getKeyword();
  switch (keyword) {
    case 'COPY':
      return copyOf(instruction as Copy);
    case 'RUN':
      if (instruction instanceof JSONInstruction && instruction.getOpeningBracket() !== null)
        throw new Error('RUN without a shell is not understood');
      return { kind: 'run', command: content };
    case 'ENV': {
      const properties = (instruction as Env).getProperties();
      return {
        kind: 'env',
        values: Object.fromEntries(properties.map((p) => [p.getName(), p.getValue() ?? ''])),
      };
    }
    case 'WORKDIR':
    case 'USER':
    case 'VOLUME':
    case 'EXPOSE':
      return { kind: keyword.toLowerCase() as 'workdir', value: content };
    case 'HEALTHCHECK':
      return { kind: 'healthcheck', command: execForm(content.slice(content.indexOf('CMD') + 3).trim()) };
    case 'CMD':
      return { kind: 'cmd', command: execForm(content) };
    default:
      throw new Error(`${keyword} is not understood`);
  }
}

/** @throws Error where the file has an instruction or a flag that is not understood */
export function readStages(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From;
      stages.push({ image: from.getImage() ?? '', name: from.getBuildStage(), steps: [] });
    } else stages.at(-1)?.steps.push(stepOf(instruction));
  }
  return stages;
}
