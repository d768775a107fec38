package io.rowpost.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedMethod;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * One run of a contract, or of a part of it, against one implementation, inside a test.
 *
 * @param tests how many tests ran
 * @param red {@code Group.method} of those that failed, in alphabetical order
 * @param errors what they failed with
 */
record ContractRun(int tests, List<String> red, List<Throwable> errors) {
  /** Runs all of a contract. */
  static ContractRun of(Class<?> contract) {
    return of(List.of(selectClass(contract)));
  }

  /** Runs some tests of a contract, each by the name {@code Group.method}. */
  static ContractRun of(Class<?> contract, List<String> tests) {
    return of(tests.stream().map(test -> selector(contract, test)).toList());
  }

  private static DiscoverySelector selector(Class<?> contract, String test) {
    String[] names = test.split("\\.", 2);
    Class<?> group = only(groupsOf(contract), Class::getSimpleName, names[0]);
    Method method =
        only(Stream.of(group.getSuperclass().getDeclaredMethods()), Method::getName, names[1]);
    return selectNestedMethod(List.of(contract), group, method);
  }

  private static Stream<Class<?>> groupsOf(Class<?> contract) {
    return Stream.<Class<?>>iterate(contract, Objects::nonNull, Class::getSuperclass)
        .flatMap(type -> Stream.of(type.getDeclaredClasses()));
  }

  private static <E> E only(Stream<E> all, Function<E, String> name, String wanted) {
    return all.filter(each -> name.apply(each).equals(wanted))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + wanted));
  }

  private static ContractRun of(List<? extends DiscoverySelector> selectors) {
    var tests = new AtomicInteger();
    var red = new TreeSet<String>();
    var errors = new ArrayList<Throwable>();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selectors).build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  tests.incrementAndGet();
                }
                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                  red.add(nameOf(test));
                  result.getThrowable().ifPresent(errors::add);
                }
              }
            });
    return new ContractRun(tests.get(), List.copyOf(red), List.copyOf(errors));
  }

  private static String nameOf(TestIdentifier test) {
    return test.getSource()
        .filter(MethodSource.class::isInstance)
        .map(MethodSource.class::cast)
        .map(method -> method.getJavaClass().getSimpleName() + "." + method.getMethodName())
        .orElse(test.getDisplayName());
  }
}
