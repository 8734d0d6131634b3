"""The admin's machinery. `tables`: RowAdmin, a table of the catalogue (rights, forms, history); `lists`: its list;
`forms`: its forms; `cells`: what stands in a cell; `logs`: PlainAdmin, for whatever is no table of the contract."""
