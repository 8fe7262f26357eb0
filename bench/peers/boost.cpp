// The raw switch with Boost.Context's fcontext, which saves the registers that gobuf saves: round trips between main and
// one context. Protocol: bench/host.ts.
#include <boost/context/detail/fcontext.hpp>
#include <boost/version.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>

using namespace boost::context::detail;

static char stack[64 * 1024];
static long long trips;

static void body(transfer_t from) {
  for (;;) {
    trips++;
    from = jump_fcontext(from.fctx, nullptr);
  }
}

int main() {
  std::printf("%d.%d.%d\traw switch\n", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  std::fflush(stdout);
  fcontext_t inner = make_fcontext(stack + sizeof stack, sizeof stack, body);
  long long samples, n;
  char name[64];
  while (std::scanf("%lld %lld %63[^\n]", &samples, &n, name) == 3) {
    if (std::strcmp(name, "raw switch") != 0) {
      std::printf("! no such program: %s\n", name);
    } else {
      for (long long s = 0; s < samples; s++) {
        trips = 0;
        const auto start = std::chrono::steady_clock::now();
        for (long long i = 0; i < n; i++) inner = jump_fcontext(inner, nullptr).fctx;
        const auto ns = std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
        std::printf("%s%lld %lld", s ? ";" : "", trips, static_cast<long long>(ns));
      }
      std::printf("\n");
    }
    std::fflush(stdout);
  }
}
