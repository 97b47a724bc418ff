// Prints how many threads each step takes, '1' or 'n', when steps alone take 10 and those together the times given as
// arguments, one after the other.
#include "../native/pace.h"

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  Pace pace;
  for (int i = 1; i < count;) {
    const int threads = pace.choose(2);
    std::putchar(threads == 1 ? '1' : 'n');
    pace.tell(threads, threads == 1 ? 10 : std::atof(arguments[i++]));
  }
}
