#include "lang/core/big_stack.h"

#include <csignal>
#include <exception>
#include <pthread.h>

namespace calc::core {
namespace {

thread_local bool is_big = false;

struct Task {
  const std::function<void()>* body;
  std::exception_ptr thrown;
};

void* start(void* argument) {
  auto* task = static_cast<Task*>(argument);
  is_big = true;
  try {
    (*task->body)();
  } catch (...) {
    task->thrown = std::current_exception();
  }
  return nullptr;
}

/// The thread that only waits takes no signals: they interrupt the reads of the one that works.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

void on_big_stack(const std::function<void()>& body) {
  if (is_big) return body();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  Task task{&body, nullptr};
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, start, &task);
  pthread_attr_destroy(&attributes);
  if (error != 0) return body();
  {
    const SignalsBlocked blocked;
    pthread_join(thread, nullptr);
  }
  if (task.thrown) std::rethrow_exception(task.thrown);
}

}  // namespace calc::core
