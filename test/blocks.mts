/** The blocks of code of a document, in TypeScript or JavaScript. */
export function blocksOf(text: string): string[] {
  return [...text.matchAll(/^```(?:ts|js)\n(.*?)^```$/gms)].map(([, code]) => code as string);
}

/** What an example says it prints: the comments behind its console.log calls. */
export function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text as string);
}
