package io.rowpost.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** Notes what is executed on the connections of a pool, and where transactions and they end. */
final class ExecutedStatements {
  private final List<String> notes = new CopyOnWriteArrayList<>();
  private final DataSource dataSource;

  ExecutedStatements(DataSource real) {
    this.dataSource =
        proxy(
            DataSource.class,
            real,
            (method, result) ->
                method.equals("getConnection") ? connection((Connection) result) : result);
  }

  /** What comes of a call. */
  private interface Outcome {
    Object of(String method, Object result);
  }

  private static <I> I proxy(Class<I> type, Object real, Outcome outcome) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          try {
            return outcome.of(method.getName(), method.invoke(real, arguments));
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return type.cast(
        Proxy.newProxyInstance(
            ExecutedStatements.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private Connection connection(Connection real) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          String name = method.getName();
          if (List.of("commit", "close").contains(name)) {
            notes.add(name);
          } else if (name.equals("setNetworkTimeout")) {
            notes.add(name + " " + arguments[1]);
          }
          try {
            Object result = method.invoke(real, arguments);
            return name.equals("prepareStatement")
                ? statement((PreparedStatement) result, (String) arguments[0])
                : result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (Connection)
        Proxy.newProxyInstance(
            ExecutedStatements.class.getClassLoader(), new Class<?>[] {Connection.class}, handler);
  }

  private PreparedStatement statement(PreparedStatement real, String sql) {
    return proxy(
        PreparedStatement.class,
        real,
        (method, result) -> {
          if (method.startsWith("execute")) {
            notes.add(sql);
          }
          return result;
        });
  }

  DataSource dataSource() {
    return dataSource;
  }

  /** The notes so far, which are forgotten. */
  List<String> take() {
    List<String> taken = List.copyOf(notes);
    notes.clear();
    return taken;
  }

  /** The notes so far that begin with one of these, which are forgotten. */
  List<String> take(List<String> beginnings) {
    return take().stream()
        .flatMap(note -> beginnings.stream().filter(note::startsWith).limit(1))
        .toList();
  }
}
