package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JdbcUrlTest {

  @Test
  void keepsTheLoginApart() {
    JdbcUrl url =
        DatabaseProduct.POSTGRESQL.parse(
            "jdbc:postgresql://db.test:6543/shop?user=me&sslmode=disable&password=a%26b+c");
    assertThat(url.user()).isEqualTo("me");
    assertThat(url.password()).isEqualTo("a&b c");
    assertThat(url.text()).isEqualTo("jdbc:postgresql://db.test:6543/shop?sslmode=disable");
    assertThat(url).hasToString(url.text());
  }

  @Test
  void takesTheProductsDefaults() {
    assertThat(DatabaseProduct.POSTGRESQL.parse("jdbc:postgresql://h").text())
        .isEqualTo("jdbc:postgresql://h:5432/postgres");
    assertThat(DatabaseProduct.MARIADB.parse("jdbc:mariadb://h/").text())
        .isEqualTo("jdbc:mariadb://h:3306/");
  }

  @Test
  void leadsToAnotherDatabaseOrAddress() {
    JdbcUrl url = DatabaseProduct.MYSQL.parse("jdbc:mysql://h/?user=me&useSSL=false");
    assertThat(url.withDatabase("d").withAddress("127.0.0.1", 7).text())
        .isEqualTo("jdbc:mysql://127.0.0.1:7/d?useSSL=false");
    assertThat(url.withDatabase("d").user()).isEqualTo("me");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:mariadb://h/d?password=secret",
        "postgresql://me:secret@h/d",
        "jdbc:postgresql://h1,h2/d?password=secret",
        "jdbc:postgresql:secret",
        "jdbc:postgresql://h/secret d"
      })
  void refusesOthersWithoutRepeatingThem(String text) {
    assertThatThrownBy(() -> DatabaseProduct.POSTGRESQL.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret");
  }
}
