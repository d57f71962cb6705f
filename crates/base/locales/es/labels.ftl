# Personal
label-title = Etiquetas para imprimir
label-lead = Una para cada aparato de la lista. En la ventana de imprimir elija tamaño real y sin márgenes.
label-sheet = Hoja
label-sheet-letter30 = 30 en una hoja carta, 2 5/8 por 1 pulgada
label-sheet-letter10 = 10 en una hoja carta, 4 por 2 pulgadas
label-sheet-letter80 = 80 en una hoja carta, 1 3/4 por 1/2 pulgada
label-sheet-roll = Rollo, 2 1/4 por 1 1/4 pulgadas
label-code = Qué llevan
label-code-both = Barras y un cuadro
label-code-bars = Barras (Code 128)
label-code-square = Un cuadro (código QR)
label-skip = Etiquetas ya usadas de la primera hoja
label-found = { $n ->
    [one] { $shown } etiqueta.
   *[other] { $shown } etiquetas.
}
label-cut = Se muestran las primeras { $n }. Busque menos.
