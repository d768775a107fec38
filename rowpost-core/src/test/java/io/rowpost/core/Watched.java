package io.rowpost.core;

import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/** A store that a test sees being called, or makes fail. */
final class Watched {
  private Watched() {}

  /** The store, which does something before each call of one of its methods. */
  static OutboxStore<?> before(String method, OutboxStore<?> store, Runnable act) {
    return before(method, store, arguments -> act.run());
  }

  /** The same, of an act that looks at the arguments. */
  static OutboxStore<?> before(String method, OutboxStore<?> store, Consumer<Object[]> act) {
    return (OutboxStore<?>)
        Proxy.newProxyInstance(
            Watched.class.getClassLoader(),
            new Class<?>[] {OutboxStore.class},
            (proxy, called, arguments) -> {
              if (called.getName().equals(method)) {
                act.accept(arguments);
              }
              return called.invoke(store, arguments);
            });
  }
}
