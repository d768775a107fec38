package io.rowpost.testservers;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The parts of a JDBC URL of one host; user and password are kept apart from the rest. */
record JdbcUrl(
    String scheme,
    String host,
    int port,
    String database,
    Map<String, String> parameters,
    String user,
    String password) {

  /**
   * Reads {@code jdbc:<scheme>://host[:port]/[database][?user=..&password=..&..]}.
   *
   * @throws IllegalArgumentException if it has another form; the message does not repeat it, since
   *     it may hold a password
   */
  static JdbcUrl parse(String text, String scheme, int defaultPort) {
    String start = "jdbc:" + scheme + "://";
    if (!text.startsWith(start)) {
      throw new IllegalArgumentException("it does not start with " + start);
    }
    URI uri;
    try {
      uri = URI.create(text.substring("jdbc:".length()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("it is not a URL");
    }
    if (uri.getHost() == null) {
      throw new IllegalArgumentException("it does not name one host");
    }
    Map<String, String> parameters = parametersOf(uri.getRawQuery());
    String user = parameters.remove("user");
    String password = parameters.remove("password");
    return new JdbcUrl(
        scheme,
        uri.getHost(),
        uri.getPort() < 0 ? defaultPort : uri.getPort(),
        uri.getPath().isEmpty() ? "" : uri.getPath().substring(1),
        parameters,
        user == null ? "" : user,
        password == null ? "" : password);
  }

  private static Map<String, String> parametersOf(@Nullable String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (query != null) {
      for (String parameter : query.split("&", -1)) {
        int equals = parameter.indexOf('=');
        String name = equals < 0 ? parameter : parameter.substring(0, equals);
        String value = equals < 0 ? "" : parameter.substring(equals + 1);
        parameters.put(name, URLDecoder.decode(value, StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }

  JdbcUrl withDatabase(String other) {
    return new JdbcUrl(scheme, host, port, other, parameters, user, password);
  }

  JdbcUrl withAddress(String otherHost, int otherPort) {
    return new JdbcUrl(scheme, otherHost, otherPort, database, parameters, user, password);
  }

  JdbcUrl withParameter(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(parameters);
    more.put(name, value);
    return new JdbcUrl(scheme, host, port, database, more, user, password);
  }

  String address() {
    return host + ":" + port;
  }

  /** The URL to connect with, without user and password. */
  String text() {
    String query =
        parameters.entrySet().stream()
            .map(p -> p.getKey() + "=" + URLEncoder.encode(p.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return "jdbc:"
        + scheme
        + "://"
        + address()
        + "/"
        + database
        + (query.isEmpty() ? "" : "?" + query);
  }

  @Override
  public String toString() {
    return text();
  }
}
