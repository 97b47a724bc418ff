/** One rule at one size, as its own program has it: prints the times of both as JSON. */
import { Adam, configure, RMSprop, SGD } from 'rmsprop';
import { local, measure } from '../measure.mts';
import { createTensors, parseShape } from '../tensors.mts';
import { plain, type Rule } from './plain.mts';

const [rule, size, seconds] = process.argv.slice(2) as [Rule, string, string];
configure({ isa: 'typescript' });
const { parameters, gradients } = createTensors(parseShape(size));
const [w] = parameters;
const [g] = gradients;
const optimizer = new { SGD, RMSprop, Adam }[rule](w);
const { nanoseconds } = await measure(
  { engine: local(() => optimizer.step(g)), plain: local(plain[rule](w.slice(), g)) },
  {},
  { seconds: Number(seconds), timing: 20, leastRounds: 5, leastTimings: 0 },
);
console.log(JSON.stringify(nanoseconds));
