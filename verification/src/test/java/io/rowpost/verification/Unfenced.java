package io.rowpost.verification;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/** A database whose fence lets everyone pass: whoever says that he owns the lease does. */
final class Unfenced {
  private static final String FENCE = "r.owner = ? AND r.token = ?";
  private static final String OPEN = "(r.owner = ? OR TRUE) AND (r.token = ? OR TRUE)";

  private Unfenced() {}

  static DataSource of(DataSource database) {
    return as(
        DataSource.class,
        (self, method, arguments) -> {
          try {
            Object answer = method.invoke(database, arguments);
            return answer instanceof Connection connection ? of(connection) : answer;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  private static Connection of(Connection connection) {
    return as(
        Connection.class,
        (self, method, arguments) -> {
          if (method.getName().equals("prepareStatement")) {
            arguments[0] = ((String) arguments[0]).replace(FENCE, OPEN);
          }
          try {
            return method.invoke(connection, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  private static <T> T as(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(Unfenced.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
