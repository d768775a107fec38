package io.rowpost.architecture;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.PackageTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** The rules that only the source can tell. */
final class Sources {

  static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  private static final Pattern SLEEPERS = Pattern.compile("(.*\\.)?Thread|(.*\\.)?TimeUnit\\..*");

  private static final Set<String> TESTS =
      Set.of("Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "Property");

  private Sources() {}

  /** Packages and public types, nested ones too, that say nothing about themselves. */
  static List<String> undocumented(Iterable<? extends JavaFileObject> files) {
    List<String> found = new ArrayList<>();
    scan(
        files,
        trees ->
            new Scanner(found) {
              @Override
              public @Nullable Void visitPackage(PackageTree tree, @Nullable Void unused) {
                if (fileName().endsWith("package-info.java")) {
                  require(tree.getPackageName().toString());
                }
                return null;
              }

              @Override
              public @Nullable Void visitClass(ClassTree tree, @Nullable Void unused) {
                if (!isPublic(tree)) {
                  return null;
                }
                require(tree.getSimpleName().toString());
                return super.visitClass(tree, null);
              }

              @Override
              public @Nullable Void visitMethod(MethodTree tree, @Nullable Void unused) {
                return null;
              }

              private boolean isPublic(ClassTree tree) {
                Tree parent = getCurrentPath().getParentPath().getLeaf();
                return tree.getModifiers().getFlags().contains(Modifier.PUBLIC)
                    || parent.getKind() == Tree.Kind.INTERFACE;
              }

              private void require(String name) {
                String comment = trees.getDocComment(getCurrentPath());
                if (comment == null || comment.isBlank()) {
                  report(name + " has no Javadoc");
                }
              }
            });
    return found;
  }

  /** Calls of sleep: tests await conditions, the engine waits on what can wake it. */
  static List<String> sleeping(Iterable<? extends JavaFileObject> files) {
    List<String> found = new ArrayList<>();
    scan(
        files,
        trees ->
            new Scanner(found) {
              @Override
              public @Nullable Void visitMemberSelect(MemberSelectTree tree, @Nullable Void none) {
                check(tree.getIdentifier().toString(), tree.getExpression());
                return super.visitMemberSelect(tree, null);
              }

              @Override
              public @Nullable Void visitMemberReference(
                  MemberReferenceTree tree, @Nullable Void none) {
                check(tree.getName().toString(), tree.getQualifierExpression());
                return super.visitMemberReference(tree, null);
              }

              private void check(String method, Tree owner) {
                if (method.equals("sleep") && SLEEPERS.matcher(owner.toString()).matches()) {
                  report(owner + ".sleep");
                }
              }
            });
    return found;
  }

  /** Methods that JUnit runs, as {@code Class#method}, whatever kind of test they are. */
  static Set<String> tests(Iterable<? extends JavaFileObject> files) {
    Set<String> found = new TreeSet<>();
    scan(
        files,
        trees ->
            new Scanner(new ArrayList<>()) {
              @Override
              public @Nullable Void visitMethod(MethodTree tree, @Nullable Void unused) {
                boolean test =
                    tree.getModifiers().getAnnotations().stream()
                        .anyMatch(a -> TESTS.contains(a.getAnnotationType().toString()));
                Tree owner = getCurrentPath().getParentPath().getLeaf();
                if (test && owner instanceof ClassTree type) {
                  found.add(type.getSimpleName() + "#" + tree.getName());
                }
                return null;
              }
            });
    return found;
  }

  private static void scan(Iterable<? extends JavaFileObject> files, ScannerFactory scanners) {
    JavacTask task = (JavacTask) COMPILER.getTask(null, null, null, List.of(), null, files);
    try {
      TreePathScanner<?, ?> scanner = scanners.create(DocTrees.instance(task));
      for (CompilationUnitTree unit : task.parse()) {
        scanner.scan(unit, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface ScannerFactory {
    Scanner create(DocTrees trees);
  }

  private abstract static class Scanner extends TreePathScanner<@Nullable Void, @Nullable Void> {
    private final List<String> found;

    Scanner(List<String> found) {
      this.found = found;
    }

    String fileName() {
      return getCurrentPath().getCompilationUnit().getSourceFile().getName();
    }

    void report(String what) {
      found.add(fileName() + ": " + what);
    }
  }
}
