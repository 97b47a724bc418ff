/** The blocks of code of a document, in TypeScript or JavaScript, or in one of them. */
export function blocksOf(text: string, language: 'ts' | 'js' | 'ts|js' = 'ts|js'): string[] {
  const block = new RegExp(`^\`\`\`(?:${language})\\n(.*?)^\`\`\`$`, 'gms');
  return [...text.matchAll(block)].map(([, code]) => code as string);
}

/** What an example says it prints: the comments behind its console.log calls. */
export function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text as string);
}
