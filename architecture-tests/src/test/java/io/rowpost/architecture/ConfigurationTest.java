package io.rowpost.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import io.rowpost.architecture.Documents.Document;
import io.rowpost.core.ExponentialBackoff;
import io.rowpost.core.InMemoryInboxStore;
import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.InMemoryOutboxStore;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.RowpostException;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.PostgresWakeUp;
import io.rowpost.kafka.KafkaBroker;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every setting is on its page, with the bounds and the default that the program really has. */
class ConfigurationTest {
  private static final Document PAGE = Documents.document("docs/configuration.md");

  private static final Map<String, Supplier<Object>> BUILDERS =
      Map.of(
          "TransactionalOutbox", () -> TransactionalOutbox.builder(new InMemoryOutboxStore()),
          "OutboxRelay",
              () ->
                  OutboxRelay.builder(
                      new InMemoryOutboxStore(), m -> CompletableFuture.completedFuture(null)),
          "ExponentialBackoff", ExponentialBackoff::builder,
          "InboxProcessor",
              () ->
                  InboxProcessor.builder(
                      new InMemoryInboxStore(), new InMemoryTransactor(), "consumer"),
          "JdbcOutboxStore", JdbcOutboxStore::appendOnly,
          "JdbcInboxStore", () -> JdbcInboxStore.builder(noDataSource()),
          "PostgresWakeUp", () -> PostgresWakeUp.builder(noDataSource()),
          "KafkaBroker", () -> KafkaBroker.builder("127.0.0.1:9092"),
          "InMemoryMessageBroker", InMemoryMessageBroker::builder);

  private static final Map<String, Duration> TIMES =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "min", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "day", Duration.ofDays(1),
          "days", Duration.ofDays(1));

  private static final Map<String, Long> SIZES =
      Map.of("KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);

  /** Fields of settings whose names differ. */
  private static final Map<String, List<String>> FIELDS =
      Map.of(
          "redeliveryDelay", List.of("redeliveryDelay", "maxRedeliveryDelay"),
          "tablePrefix", List.of("prefix"));

  static Stream<Arguments> settings() {
    return BUILDERS.keySet().stream()
        .flatMap(owner -> rows(owner).stream().map(row -> Arguments.of(owner, row.get(0), row)));
  }

  /** Builders open no connection. */
  private static DataSource noDataSource() {
    return (DataSource)
        Proxy.newProxyInstance(
            ConfigurationTest.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              throw new IllegalStateException("a builder used its DataSource");
            });
  }

  private static List<List<String>> rows(String owner) {
    return Documents.table(PAGE.section(owner)).stream()
        .map(row -> row.stream().map(cell -> cell.replace("`", "")).toList())
        .toList();
  }

  @Test
  void everyBuilderIsOnThePage() {
    assertThat(
            Project.published().stream()
                .flatMap(module -> module.mainClasses().stream())
                .filter(type -> type.getSimpleName().equals("Builder"))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .map(JavaClass::getEnclosingClass)
                .map(owner -> owner.orElseThrow().getSimpleName())
                .filter(owner -> !owner.equals(OutboxRecord.class.getSimpleName())))
        .containsExactlyInAnyOrderElementsOf(BUILDERS.keySet());
  }

  @ParameterizedTest
  @MethodSource("builders")
  void everySettingIsOnThePage(String owner) {
    Class<?> builder = BUILDERS.get(owner).get().getClass();
    assertThat(
            Arrays.stream(builder.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .filter(method -> method.getReturnType() == builder)
                .map(Method::getName))
        .containsExactlyInAnyOrderElementsOf(rows(owner).stream().map(row -> row.get(0)).toList());
  }

  static Stream<String> builders() {
    return BUILDERS.keySet().stream();
  }

  @ParameterizedTest(name = "{0}.{1}")
  @MethodSource("settings")
  void boundsAndDefaultsAreThoseOfThePage(String owner, String name, List<String> row) {
    Method setter = setter(owner, name);
    Class<?> type = setter.getParameterTypes()[0];
    if (isScalar(type)) {
      String[] bounds = row.get(2).split(" to ", 2);
      assertThat(bounds).as("bounds of %s", name).hasSize(2);
      Object least = parse(bounds[0], type);
      Object most = parse(bounds[1], type);
      assertThatCode(() -> set(owner, setter, least)).doesNotThrowAnyException();
      assertThatCode(() -> set(owner, setter, most)).doesNotThrowAnyException();
      assertRefused(owner, setter, beside(least, -1));
      assertRefused(owner, setter, beside(most, 1));
    } else {
      assertThat(row.get(2)).as("bounds of %s", name).isEmpty();
    }
    boolean named = type.isEnum() || type == boolean.class || type == String.class;
    if (isScalar(type) || (named && setter.getParameterCount() == 1)) {
      assertThat(row.get(3)).isEqualTo(defaults(owner, name, row.get(3)));
    }
  }

  private static boolean isScalar(Class<?> type) {
    return type == Duration.class
        || type == int.class
        || type == long.class
        || type == double.class;
  }

  private static Method setter(String owner, String name) {
    return Arrays.stream(BUILDERS.get(owner).get().getClass().getDeclaredMethods())
        .filter(method -> method.getName().equals(name))
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .findFirst()
        .orElseThrow(() -> new AssertionError(owner + " has no setting " + name));
  }

  private static void set(String owner, Method setter, Object value) throws Throwable {
    Object[] arguments = new Object[setter.getParameterCount()];
    Arrays.fill(arguments, value);
    try {
      setter.invoke(BUILDERS.get(owner).get(), arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static void assertRefused(String owner, Method setter, Object value) {
    assertThatThrownBy(() -> set(owner, setter, value))
        .as("%s.%s(%s)", owner, setter.getName(), value)
        .isInstanceOfSatisfying(
            RowpostException.class, e -> assertThat(e.code()).isEqualTo("ROWPOST-601"));
  }

  private static Object beside(Object bound, int direction) {
    if (bound instanceof Duration time) {
      return time.plusNanos(direction);
    }
    if (bound instanceof Double number) {
      return number + direction * 1e-9;
    }
    return bound instanceof Integer number
        ? (Object) (number + direction)
        : (Object) ((Long) bound + direction);
  }

  private static Object parse(String cell, Class<?> type) {
    String[] parts = cell.replace(",", "").split(" ", 2);
    if (type == double.class) {
      return Double.valueOf(parts[0]);
    }
    long number = Long.parseLong(parts[0]);
    if (type == Duration.class) {
      return unit(TIMES, parts[1]).multipliedBy(number);
    }
    long size = parts.length == 2 ? unit(SIZES, parts[1]) * number : number;
    return type == int.class ? (Object) Math.toIntExact(size) : (Object) size;
  }

  private static <V> V unit(Map<String, V> units, String name) {
    return Optional.ofNullable(units.get(name))
        .orElseThrow(() -> new AssertionError("no unit: " + name));
  }

  /** The cell, if every value in it is the initial one of the builder's fields. */
  private static String defaults(String owner, String name, String cell) {
    Object builder = BUILDERS.get(owner).get();
    List<Field> fields =
        Arrays.stream(builder.getClass().getDeclaredFields())
            .filter(field -> FIELDS.getOrDefault(name, List.of(name)).contains(field.getName()))
            .toList();
    List<String> values = List.of(cell.split(", "));
    assertThat(fields).as("fields of %s.%s", owner, name).hasSameSizeAs(values);
    return fields.stream()
        .map(field -> matching(field, builder, values.get(fields.indexOf(field))))
        .collect(Collectors.joining(", "));
  }

  private static String matching(Field field, Object builder, String cell) {
    Object value = get(field, builder);
    if (value == null) {
      return cell; // what it means not to be set, in words
    }
    boolean same =
        isScalar(field.getType())
            ? value.equals(parse(cell, field.getType()))
            : cell.equals(value.equals("") ? "empty" : value.toString());
    return same ? cell : value.toString();
  }

  private static @Nullable Object get(Field field, Object builder) {
    try {
      field.setAccessible(true);
      return field.get(builder);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }
}
