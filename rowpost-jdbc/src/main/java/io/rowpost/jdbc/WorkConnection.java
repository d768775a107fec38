package io.rowpost.jdbc;

import io.rowpost.core.StoreException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/**
 * A transaction's connection as its work gets it: who began the transaction ends it.
 *
 * <p>Work that ended it would go on in another one, and what it wrote there would be committed
 * without what stands in the first: an effect without its claim.
 */
final class WorkConnection implements InvocationHandler {
  private final Connection connection;

  private WorkConnection(Connection connection) {
    this.connection = connection;
  }

  static Connection of(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            WorkConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            new WorkConnection(connection));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (ends(method.getName(), arguments)) {
      throw new StoreException(
          "ROWPOST-405",
          "Nothing was committed: the work called %s() on the connection of its transaction."
              .formatted(method.getName()),
          "return to have it committed, or throw to have it rolled back; what is to be undone in"
              + " part goes behind a savepoint.",
          StoreException.Outcome.ROLLED_BACK,
          null);
    }
    if (method.getName().equals("equals") && arguments != null) {
      return proxy == arguments[0];
    }
    try {
      return method.invoke(connection, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static boolean ends(String method, Object @Nullable [] arguments) {
    return switch (method) {
      case "commit", "close" -> true;
      case "rollback" -> arguments == null; // to a savepoint it may
      case "setAutoCommit" -> arguments != null && Boolean.TRUE.equals(arguments[0]);
      default -> false;
    };
  }
}
