'use strict';

/** Something was named that the inventory does not know. */
class UnknownError extends Error {
  constructor(what, name) {
    super(`unknown ${what}: ${name}`);
    this.name = 'UnknownError';
  }
}

/** More was asked for than is there. */
class InsufficientStockError extends Error {
  constructor(sku, wanted, available) {
    super(`${sku}: wanted ${wanted}, only ${available} available`);
    this.name = 'InsufficientStockError';
    this.sku = sku;
    this.wanted = wanted;
    this.available = available;
  }
}

function checkQuantity(quantity) {
  if (!Number.isInteger(quantity) || quantity <= 0) {
    throw new RangeError(`quantity must be a positive integer, not ${quantity}`);
  }
}

/**
 * The stock of several warehouses.
 *
 * Every unit lies in one warehouse. Some units there may be reserved for an order: they
 * are on hand, but they are not available.
 */
class Inventory {
  constructor() {
    this._products = new Map(); // sku -> { sku, title, reorderAt }
    this._warehouses = new Map(); // name -> Map(sku -> { onHand, reserved })
    this._reservations = new Map(); // order -> [{ sku, warehouse, quantity }]
    this._movements = [];
  }

  // Products and warehouses

  addProduct(sku, title, { reorderAt = 0 } = {}) {
    if (this._products.has(sku)) {
      throw new Error(`there is a product ${sku} already`);
    }
    this._products.set(sku, { sku, title, reorderAt });
  }

  addWarehouse(name) {
    if (this._warehouses.has(name)) {
      throw new Error(`there is a warehouse ${name} already`);
    }
    this._warehouses.set(name, new Map());
  }

  get products() {
    return [...this._products.keys()];
  }

  get warehouses() {
    return [...this._warehouses.keys()];
  }

  // Questions

  onHand(sku, warehouse) {
    return this._sum(sku, warehouse, (line) => line.onHand);
  }

  reserved(sku, warehouse) {
    return this._sum(sku, warehouse, (line) => line.reserved);
  }

  available(sku, warehouse) {
    return this._sum(sku, warehouse, (line) => line.onHand - line.reserved);
  }

  /** Products of which no more are available than their reorder point, over all warehouses. */
  toReorder() {
    const found = [];
    for (const { sku, reorderAt } of this._products.values()) {
      if (this.available(sku) <= reorderAt) {
        found.push(sku);
      }
    }
    return found;
  }

  /** Movements in their order, the oldest first; of one product if it is named. */
  movements(sku) {
    const found = sku === undefined ? this._movements : this._movements.filter((move) => move.sku === sku);
    return found.map((move) => ({ ...move }));
  }

  // Movements

  receive(sku, warehouse, quantity) {
    checkQuantity(quantity);
    const line = this._line(sku, warehouse);
    line.onHand += quantity;
    this._record('receive', { sku, warehouse, quantity });
  }

  ship(sku, warehouse, quantity) {
    checkQuantity(quantity);
    const line = this._line(sku, warehouse);
    this._need(sku, line, quantity);
    line.onHand -= quantity;
    this._record('ship', { sku, warehouse, quantity });
  }

  /** Sets what was counted; the difference is recorded, if there is one. */
  adjust(sku, warehouse, counted) {
    if (!Number.isInteger(counted) || counted < 0) {
      throw new RangeError(`a count is an integer from zero, not ${counted}`);
    }
    const line = this._line(sku, warehouse);
    if (counted < line.reserved) {
      throw new InsufficientStockError(sku, line.reserved, counted);
    }
    const difference = counted - line.onHand;
    if (difference !== 0) {
      line.onHand = counted;
      this._record('adjust', { sku, warehouse, quantity: difference });
    }
  }

  // Reservations

  reserve(order, sku, warehouse, quantity) {
    checkQuantity(quantity);
    const line = this._line(sku, warehouse);
    this._need(sku, line, quantity);
    line.reserved += quantity;
    if (!this._reservations.has(order)) {
      this._reservations.set(order, []);
    }
    this._reservations.get(order).push({ sku, warehouse, quantity });
  }

  /** Gives back all that was reserved for an order. */
  release(order) {
    for (const { sku, warehouse, quantity } of this._take(order)) {
      this._line(sku, warehouse).reserved -= quantity;
    }
  }

  /** Ships all that was reserved for an order. */
  fulfil(order) {
    for (const { sku, warehouse, quantity } of this._take(order)) {
      const line = this._line(sku, warehouse);
      line.reserved -= quantity;
      line.onHand -= quantity;
      this._record('ship', { sku, warehouse, quantity, order });
    }
  }

  // Reports

  /** One text line for each product that lies anywhere. */
  report() {
    const lines = [];
    for (const { sku, title } of this._products.values()) {
      const places = this.warehouses
        .filter((name) => this.onHand(sku, name) > 0)
        .map((name) => `${name}: ${this.onHand(sku, name)}`);
      if (places.length > 0) {
        lines.push(`${sku} ${title} (${places.join(', ')})`);
      }
    }
    return lines.join('\n');
  }

  // Helpers

  _line(sku, warehouse) {
    if (!this._products.has(sku)) {
      throw new UnknownError('product', sku);
    }
    const lines = this._warehouses.get(warehouse);
    if (lines === undefined) {
      throw new UnknownError('warehouse', warehouse);
    }
    if (!lines.has(sku)) {
      lines.set(sku, { onHand: 0, reserved: 0 });
    }
    return lines.get(sku);
  }

  _sum(sku, warehouse, value) {
    const names = warehouse === undefined ? this.warehouses : [warehouse];
    return names.reduce((sum, name) => sum + value(this._line(sku, name)), 0);
  }

  _need(sku, line, quantity) {
    const available = line.onHand - line.reserved;
    if (quantity > available) {
      throw new InsufficientStockError(sku, quantity, available);
    }
  }

  _take(order) {
    const lines = this._reservations.get(order);
    if (lines === undefined) {
      throw new UnknownError('order', order);
    }
    this._reservations.delete(order);
    return lines;
  }

  _record(type, fields) {
    this._movements.push({ seq: this._movements.length + 1, type, ...fields });
  }
}

module.exports = { Inventory, InsufficientStockError, UnknownError };
