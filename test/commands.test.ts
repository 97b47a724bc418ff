import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(__dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'examples/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((page) => page.endsWith('.md'))
    .map((page) => `docs/${page}`),
];

/** What stands between fences that name no other language than the shell's, and in the code of a line. */
function commandsOf(markdown: string): string[] {
  const fences = /^```(\w*)\n(.*?)^```$/gms;
  const blocks = [...markdown.matchAll(fences)]
    .filter(([, language]) => /^(?:|sh|bash|shell|console)$/.test(language as string))
    .map(([, , block]) => block as string);
  const spans = [...markdown.replace(fences, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span]) => span as string,
  );
  return [...blocks, ...spans].flatMap(separate).filter((command) => {
    return /^(?:npm|npx|node|sh|bash|(?:\S+\/)?pip|python3?|apt-get|tensorboard) /.test(command);
  });
}

function separate(script: string): string[] {
  return script
    .split(/\n|&&|\|\||[;{}]/)
    .map((command) => command.replace(/^\$ |(?:^| +)#.*/g, '').trim());
}

const scriptOf = (command: string) => {
  const [, name] = /^npm (?:run )?(?:--silent )?([\w:-]+)/.exec(command) ?? [];
  return name !== undefined && name in scripts ? name : undefined;
};

/** The words that a command is known by: of a script its name, of others all but versions and the places of programs. */
function wordsOf(command: string): string[] {
  const script = scriptOf(command);
  if (script !== undefined) return ['npm', 'run', script];
  const [program = '', ...rest] = command.replaceAll('"', '').split(/\s+/);
  return [basename(program), ...rest.map((word) => word.replace(/[=@]=?\d[\d.]*$/, ''))];
}

/** All commands of a script, and of the scripts that it calls. */
function run(script: string): string[] {
  const unrolled = script.replace(/^for (\w+) in (.*); do\n(.*?)^done$/gms, (_, name, list, body) =>
    list.replace(/\S+/g, (word: string) => body.replaceAll(`"$${name}"`, word)),
  );
  return separate(unrolled)
    .map((command) => command.replace(/^(?:(?:[A-Z_]+=\S+|as_root|env) +)+/, ''))
    .flatMap((command) => {
      const [, file] = /^sh (\S+\.sh)/.exec(command) ?? [];
      const called =
        scripts[scriptOf(command) ?? ''] ??
        (file && existsSync(join(root, file)) ? read(file) : '');
      return [command, ...(called === '' ? [] : run(called))];
    });
}

const ofReadme = [...read('README.md').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
const executed = run(read('.ci/run').replace('sh -c "$tests"', ofReadme[1] as string)).map(wordsOf);
/** What the documents say about other machines. */
const elsewhere: Record<string, string> = {
  'npm install /path/to/the/clone': 'npm install $clone',
};
const commands = documents.flatMap((document) =>
  commandsOf(read(document)).map((command) => [document, command] as const),
);

test.each(commands)('%s: .ci/run executes %s', (_, command) => {
  const words = wordsOf(elsewhere[command] ?? command);
  const runs = executed.filter((others) => words.every((word) => others.includes(word)));
  expect(runs).not.toEqual([]);
});

const helps = new Map<string, string>();
function helpOf(command: string): string {
  const script = scripts[scriptOf(command) as string] as string;
  // A shell script starts the example that has its name.
  const [, file = ''] = /(?:--import tsx|sh) (\S+)$/.exec(script.replace(/\.sh$/, '.mts')) ?? [];
  const options = ['--import', 'tsx', file, '--help'];
  const help =
    helps.get(file) ?? execFileSync(process.execPath, options, { cwd: root, encoding: 'utf8' });
  helps.set(file, help);
  return help;
}
const optionsOf = (command: string) => command.match(/(?<= )--[a-z]+(?:-[a-z]+)*/g) ?? [];

test.each(commands.filter(([, command]) => scriptOf(command) && optionsOf(command).length > 0))(
  '%s: the options of %s are there',
  (_, command) => {
    const help = helpOf(command);
    for (const option of optionsOf(command)) expect(help).toContain(option);
  },
);

const table = /^\| command.*?\n\n/ms.exec(read('examples/README.md'))?.[0] ?? '';
test.each(commandsOf(table))('%s takes what all examples take', (command) => {
  const help = helpOf(command);
  for (const option of ['--help', '--seed', '--svg', '--quick']) expect(help).toContain(option);
});
