import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { Failure } from './failure.mts';
import { installed } from './installed.mts';

export interface Message {
  english: string;
  german: string;
}

/** What the TypeScript compiler may have to say, in both languages, as its package has it. */
export function readMessages(): Message[] {
  const path = installed('typescript', 'lib/de/diagnosticMessages.generated.json');
  const { Diagnostics } = ts as { Diagnostics?: Record<string, { key: string; message: string }> };
  if (!path || !Diagnostics) throw new Failure(`TypeScript ${ts.version} has no German messages.`);
  const german: Record<string, string> = JSON.parse(readFileSync(path, 'utf8'));
  return Object.values(Diagnostics)
    .filter(({ key }) => key in german)
    .map(({ key, message }) => ({
      english: withPlainQuotes(message),
      german: withPlainQuotes(german[key]),
    }));
}

/** Quotes are set in many ways, in German alone in three: they are to be no part of the translation. An apostrophe stays. */
function withPlainQuotes(text: string): string {
  return text.replace(/[“”„‘‚]|(?<!\p{L})['’]|['’](?!\p{L})/gu, '"');
}
