package io.rowpost.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The rules that can be told from byte code. */
final class Rules {

  static final String CORE = "io.rowpost.core";

  /** The most types that users of the core may have to look at. */
  static final int CORE_TYPE_LIMIT = 40;

  /** Ways to run or load what a message or a row names, and ways to lose time unseen. */
  private static final Set<String> BANNED_CALLS =
      Set.of(
          "java.lang.Thread.sleep",
          "java.util.concurrent.TimeUnit.sleep",
          "java.lang.Class.forName",
          "java.lang.ClassLoader.loadClass",
          "java.lang.Runtime.exec",
          "java.lang.ProcessBuilder.start",
          "com.fasterxml.jackson.databind.ObjectMapper.activateDefaultTyping");

  /** Ways to ask a process for the time of day. */
  private static final Set<String> CLOCKS =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.time.Instant.now",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone",
          "java.time.InstantSource.system",
          "java.util.Date.<init>");

  /** Ids hold a hint of the time, and stores in memory are their own clock. */
  private static final Set<String> MAY_ASK =
      Set.of("Uuid7", "InMemoryOutboxStore", "InMemoryInboxStore");

  private static final String[] BANNED_TYPES = {
    "java\\.io\\.Object(In|Out)putStream", "javax\\.script\\..*", "javax\\.naming\\..*"
  };

  private Rules() {}

  /** An adapter knows the core and its own library, and no other module of ours. */
  static ArchRule dependsOnCoreAlone(String ownPackage) {
    return noClasses()
        .should()
        .dependOnClassesThat(
            describe(
                "belong to another module than " + ownPackage + " and core",
                target ->
                    packageOf(target).startsWith("io.rowpost.")
                        && !packageOf(target).equals(ownPackage)
                        && !packageOf(target).equals(CORE)))
        .allowEmptyShould(true);
  }

  /** The core runs on java.base (so without java.sql) and a logging API. */
  static ArchRule coreStandsAlone() {
    Set<String> javaBase = Object.class.getModule().getPackages();
    return classes()
        .should()
        .onlyDependOnClassesThat(
            describe(
                "are of the core, java.base, slf4j or jspecify",
                target ->
                    target.getBaseComponentType().isPrimitive()
                        || javaBase.contains(packageOf(target))
                        || Set.of(CORE, "org.slf4j", "org.jspecify.annotations")
                            .contains(packageOf(target))))
        .allowEmptyShould(true);
  }

  private static String packageOf(JavaClass type) {
    return type.getBaseComponentType().getPackageName();
  }

  static ArchRule livesInOnePackage(String packageName) {
    return classes().should().resideInAPackage(packageName).allowEmptyShould(true);
  }

  static ArchRule hasTellingNames() {
    return noClasses()
        .should()
        .haveNameMatching(".*(Impl|Util|Utils|Helper|Manager)(\\$.*)?")
        .orShould()
        .resideInAnyPackage("..util..", "..common..", "..impl..", "..internal..")
        .allowEmptyShould(true);
  }

  /** Nothing is decided by the clock of a process: clocks of two processes differ, and jump. */
  static ArchRule asksNoClock() {
    return noClasses()
        .that(describe("keep no time themselves", type -> !MAY_ASK.contains(type.getSimpleName())))
        .should()
        .accessTargetWhere(oneOf(CLOCKS))
        .allowEmptyShould(true);
  }

  private static DescribedPredicate<JavaAccess<?>> oneOf(Set<String> members) {
    return describe(
        "one of " + new TreeSet<>(members),
        access ->
            members.contains(
                access.getTargetOwner().getFullName() + "." + access.getTarget().getName()));
  }

  static List<ArchRule> banned() {
    return List.of(
        noClasses().should().accessTargetWhere(oneOf(BANNED_CALLS)).allowEmptyShould(true),
        noClasses()
            .should()
            .dependOnClassesThat()
            .haveNameMatching(String.join("|", BANNED_TYPES))
            .allowEmptyShould(true),
        noClasses()
            .that(describe("are no programs", type -> !isProgram(type)))
            .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
            .allowEmptyShould(true));
  }

  /** Who is started from a command line may answer there. */
  private static boolean isProgram(JavaClass type) {
    return type.tryGetMethod("main", String[].class).isPresent();
  }

  /** Simple names of the public top-level types, sorted. */
  static SortedSet<String> publicTypes(JavaClasses classes) {
    return classes.stream()
        .filter(type -> type.isTopLevelClass() && isPublic(type))
        .map(JavaClass::getSimpleName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC);
  }
}
