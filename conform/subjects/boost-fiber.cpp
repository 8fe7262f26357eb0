/* Boost.Context's fiber as a subject: C++ above fcontext, on a protected stack of its own. */
#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <new>
#include "../include/conform.h"

namespace context = boost::context;

struct conform_ctx {
  context::fiber own, caller;
  bool done = false;
};

static conform_ctx *create(void *, size_t size, conform_body *body, void *arg) {
  if (size > (size_t)1 << 40) return nullptr;
  try {
    conform_ctx *c = new conform_ctx;
    c->own = context::fiber(std::allocator_arg, context::protected_fixedsize_stack(size), [=](context::fiber &&from) {
      c->caller = std::move(from);
      body(arg);
      c->done = true;
      return std::move(c->caller);
    });
    return c;
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
}

static int resume(conform_ctx *c) {
  c->own = std::move(c->own).resume();
  return !c->done;
}

static void yield(conform_ctx *c) { c->caller = std::move(c->caller).resume(); }

static void destroy(conform_ctx *c) { delete c; }

extern "C" const conform_subject *conform_subject_at(unsigned k) {
  static conform_subject subject = {};
  subject.abi = CONFORM_ABI;
  subject.size = sizeof subject;
  subject.name = "Boost.Context fiber";
  subject.version = "1.81";
  subject.claims = CONFORM_FP_BODY | CONFORM_FP_RESUMER | CONFORM_OWN_STACK | CONFORM_GUARD | CONFORM_MIGRATES |
    CONFORM_NESTS | CONFORM_RETURNS | CONFORM_DESTROYS;
  subject.stack_min = 8192;
  subject.create = create;
  subject.resume = resume;
  subject.yield = yield;
  subject.destroy = destroy;
  return k == 0 ? &subject : nullptr;
}
