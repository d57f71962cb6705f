exchange-problems-caption = { $n ->
    [one] 1 problema
   *[other] { $n } problemas
}
exchange-problems-more = Aquí se muestran los primeros { $n }.
exchange-problems-csv = Descargar los problemas en CSV
exchange-file = Archivo
exchange-line = Línea
exchange-column = Columna
exchange-said = El archivo dice
exchange-wanted = Lo que se necesita
