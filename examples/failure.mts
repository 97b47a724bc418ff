/** Something that the user can mend: shown as one sentence, without a stack. */
export class Failure extends Error {
  constructor(
    message: string,
    /** What the process exits with: 2 for a wrong command line, 1 for anything else. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}
