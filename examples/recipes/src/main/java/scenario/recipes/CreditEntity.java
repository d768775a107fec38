package scenario.recipes;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;

/** What a customer may still order on credit, for Hibernate. */
@Entity
@Table(name = "credit")
class CreditEntity {
  @Id private String customer = "";
  private BigDecimal remaining = BigDecimal.ZERO;

  /** For Hibernate. */
  protected CreditEntity() {}

  /** Takes an amount; the database refuses to go below zero. */
  void take(BigDecimal amount) {
    remaining = remaining.subtract(amount);
  }
}
