package io.rowpost.testkit;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/** Runs tasks on threads of their own that begin at the same moment. */
final class ConcurrentTasks {
  private ConcurrentTasks() {}

  static void runAtOnce(int threads, IntConsumer task) {
    callAtOnce(
        threads,
        i -> {
          task.accept(i);
          return true;
        });
  }

  /** Results in the order of the threads' numbers. */
  static <R> List<R> callAtOnce(int threads, IntFunction<R> task) {
    var calls = new ArrayList<Callable<R>>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      calls.add(() -> task.apply(number));
    }
    return callAtOnce(calls);
  }

  /** Results in the order of the calls. */
  static <R> List<R> callAtOnce(List<Callable<R>> calls) {
    var barrier = new CyclicBarrier(calls.size());
    var results = new ArrayList<CompletableFuture<R>>();
    for (Callable<R> call : calls) {
      results.add(
          start(
              "at-once-" + results.size(),
              () -> {
                barrier.await();
                return call.call();
              }));
    }
    return results.stream().map(OpenTransaction::get).toList();
  }

  /** Looks again and again, for ten seconds at most, until something has come true. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end >= 0) {
        throw new AssertionError("waited 10 s for " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  /** Starts a task on a thread of its own. */
  static <R> CompletableFuture<R> start(String name, Callable<R> task) {
    return start(platformThreads(name), task);
  }

  /** Starts a task on a new thread of a kind. */
  static <R> CompletableFuture<R> start(ThreadFactory threads, Callable<R> task) {
    var result = new CompletableFuture<R>();
    threads
        .newThread(
            () -> {
              try {
                result.complete(task.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            })
        .start();
    return result;
  }

  static ThreadFactory platformThreads(String name) {
    return task -> {
      var thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** For JDK 21 and later; named by text since this is compiled for earlier ones too. */
  static ThreadFactory virtualThreads() {
    try {
      Method ofVirtual = Thread.class.getMethod("ofVirtual");
      Method factory = ofVirtual.getReturnType().getMethod("factory");
      return (ThreadFactory) factory.invoke(ofVirtual.invoke(null));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
