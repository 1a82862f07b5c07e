#include "repl/big_stack.h"

#include <csignal>
#include <pthread.h>

namespace calc::repl {
namespace {

struct Task {
  const std::function<int()>* body;
  int result = 0;
};

void* start(void* argument) {
  auto* task = static_cast<Task*>(argument);
  task->result = (*task->body)();
  return nullptr;
}

/// The thread that only waits takes no signals: they interrupt the reads of the one that works.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

int on_big_stack(const std::function<int()>& body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  Task task{&body};
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, start, &task);
  pthread_attr_destroy(&attributes);
  if (error != 0) return body();
  block_signals();
  pthread_join(thread, nullptr);
  return task.result;
}

}  // namespace calc::repl
